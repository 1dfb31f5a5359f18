// Signals as something to be asked for, in place of interrupts.
#pragma once

#include <csignal>
#include <initializer_list>

#include "osprey/base/result.h"
#include "osprey/base/unique_fd.h"

namespace osprey {

// While it lives, SIGINT and SIGTERM are blocked and kept for Take (signalfd(2)).
class StopSignals {
 public:
  // `more` signals are kept as well, but for those that are ignored. To be called before there is a
  // second thread, which would take them.
  static Result<StopSignals> Block(std::initializer_list<int> more = {});
  StopSignals(StopSignals&& other) noexcept;
  StopSignals& operator=(StopSignals&&) = delete;
  ~StopSignals();

  // A signal that came since the last call, or 0. Does not wait.
  int Take();
  // Readable when there is a signal: what poll(2) can wait for.
  int fd() const { return fd_.get(); }
  // From now on the signals do what they do by default: a second Ctrl-C ends Osprey.
  void Release();

 private:
  StopSignals(UniqueFd fd, const sigset_t& before) : fd_(std::move(fd)), before_(before) {}

  UniqueFd fd_;
  sigset_t before_;
};

}  // namespace osprey
