// SIGINT and SIGTERM as something to be asked for, in place of interrupts.
#pragma once

#include <csignal>

#include "osprey/base/result.h"
#include "osprey/base/unique_fd.h"

namespace osprey {

// While it lives, the two signals are blocked and kept for Take (signalfd(2)).
class StopSignals {
 public:
  static Result<StopSignals> Block();
  StopSignals(StopSignals&& other) noexcept;
  StopSignals& operator=(StopSignals&&) = delete;
  ~StopSignals();

  // A signal that came since the last call, or 0. Does not wait.
  int Take();
  // From now on the signals do what they do by default: a second Ctrl-C ends Osprey.
  void Release();

 private:
  StopSignals(UniqueFd fd, const sigset_t& before) : fd_(std::move(fd)), before_(before) {}

  UniqueFd fd_;
  sigset_t before_;
};

}  // namespace osprey
