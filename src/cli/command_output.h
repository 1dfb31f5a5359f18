// Where a command writes while a screen is in its terminal's place.
#pragma once

#include <string>

#include "osprey/base/result.h"
#include "osprey/base/unique_fd.h"

namespace osprey {

class CommandOutput {
 public:
  // `log` is emptied first. Without one, a file that has no name keeps what is written for
  // ShowRest. kIo, with the reason.
  static Result<CommandOutput> Open(const std::string& log);

  int fd() const { return fd_.get(); }
  // Gives back the disk space of what ShowRest would leave out. To be called now and then.
  void Trim();
  // Copies what was written, or the last MiB of it, to standard output; nothing where there is a
  // log. True when there was something.
  bool ShowRest();

 private:
  CommandOutput(UniqueFd fd, bool is_log) : fd_(std::move(fd)), is_log_(is_log) {}
  UniqueFd fd_;
  bool is_log_;
  long long trimmed_ = 0;  // bytes from the start that are gone
};

}  // namespace osprey
