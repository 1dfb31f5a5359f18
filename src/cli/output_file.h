// A file that appears whole under its name, or not at all.
#pragma once

#include <memory>
#include <ostream>
#include <streambuf>
#include <string>

#include "osprey/base/result.h"
#include "osprey/base/unique_fd.h"

namespace osprey {

class OutputFile {
 public:
  // Opens a file without a name in the folder of `path`, so that a path that cannot be written is
  // found out now and not after the run. "-" is standard output. kIo, with the reason.
  static Result<OutputFile> Create(const std::string& path);
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  const std::string& path() const { return path_; }
  bool is_stdout() const { return path_ == "-"; }
  std::ostream& stream();

  // Writes out what is buffered and gives the file its name, in place of an older one. kIo when
  // the disk is full or the folder is gone: nothing is left behind then.
  Result<void> Commit();

 private:
  class Buffer;
  OutputFile(std::string path, UniqueFd fd, std::string temporary);

  Result<void> GiveName();

  std::string path_;
  UniqueFd fd_;
  std::string temporary_;  // the name it has meanwhile where nameless files are not supported
  std::unique_ptr<Buffer> buffer_;
  std::unique_ptr<std::ostream> stream_;
};

}  // namespace osprey
