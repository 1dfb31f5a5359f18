// Stops all threads of a process for a moment, and lets it go on as if nothing had been.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>

#include "osprey/base/duration.h"
#include "osprey/base/result.h"

namespace osprey {

// By ptrace(2): PTRACE_SEIZE and PTRACE_INTERRUPT send no signal, so that nobody can see one. The
// target goes on when this ends, and also when Osprey itself is killed. A process that was stopped
// by SIGSTOP stays so; signals that come meanwhile are delivered afterwards.
//
// A thread that sleeps in a system call leaves it and enters it again, with what was left of its
// timeout. signal(7) has the few that fail with EINTR instead, with or without a signal handler:
// epoll_wait, semop, sigtimedwait, io_getevents and sockets with a timeout. Python makes them again
// since 3.5 (PEP 475); 2.7 raises an error.
class ScopedPause {
 public:
  // Stops all threads of `pid`, those that are born meanwhile as well. That takes some tens of
  // microseconds a thread. One that the kernel does not let stop (uninterruptible sleep, a parent
  // in vfork(2)) is left alone after 20 ms, and one that gets no processor after a second.
  //
  // kNoSuchProcess, also for a zombie; kNotPermitted: the kernel refuses, or somebody else (a
  // debugger, strace) traces it: "process 4242 is traced by another (pid 77)".
  static Result<ScopedPause> Stop(pid_t pid);
  ScopedPause(ScopedPause&&) noexcept;
  ScopedPause& operator=(ScopedPause&&) noexcept;
  ~ScopedPause();

  // Lets all go on, once; afterwards there is nothing left to do for the destructor.
  void Resume();

  // From when the first thread was told to stop until now, or until all were let go.
  Duration Stopped() const;
  std::size_t stopped_threads() const;
  // How many live threads ran on, or may have.
  std::size_t missed_threads() const;

 private:
  class Tracer;
  explicit ScopedPause(std::unique_ptr<Tracer> tracer);
  std::unique_ptr<Tracer> tracer_;
};

}  // namespace osprey
