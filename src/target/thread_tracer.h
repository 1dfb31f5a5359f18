// Stops one thread at a time by ptrace(2), with no bound on how long that takes.
#pragma once

#include <sys/types.h>

#include <optional>

#include "osprey/base/duration.h"
#include "osprey/base/result.h"
#include "osprey/target/registers.h"

namespace osprey {

// All of it is to be called by one thread, which has no children, traces nobody else, and ends when
// this says that it must.
class ThreadTracer {
 public:
  // Returns when thread `tid` of `pid` stands. Errors as ThreadStopper::Stop, without kTimeout.
  Result<void> Stop(pid_t pid, pid_t tid);
  // Those of the thread that stands. kNoSuchProcess when it has been killed.
  Result<void> ReadRegisters(Registers& registers) const;
  // Lets it go, with the signal that it was about to be given.
  void Resume();

  // From when it was told to stop until it was let go.
  Duration Stopped() const { return end_ - begin_; }
  // The kernel has yet to let go of the thread, which it does when the calling thread ends: in
  // every state, and so that nobody misses anything (exit_ptrace in kernel/ptrace.c of Linux).
  bool MustEnd() const { return is_tracing_; }

 private:
  struct Stand {
    pid_t tid;
    int event;   // PTRACE_EVENT_...; 0 when a signal is being delivered
    int signal;  // that signal
  };
  // None when it ends instead.
  std::optional<Stand> Wait(pid_t pid, pid_t tid) const;

  pid_t pid_ = 0;
  pid_t tid_ = 0;
  int signal_ = 0;
  bool is_tracing_ = false;
  TimePoint begin_;
  TimePoint end_;
};

}  // namespace osprey
