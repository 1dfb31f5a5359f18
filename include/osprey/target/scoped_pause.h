// Has a process stand still for a moment, and lets it go on as if nothing had been.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/base/result.h"
#include "osprey/target/registers.h"

namespace osprey {

// By ptrace(2): PTRACE_SEIZE and PTRACE_INTERRUPT send no signal, so that nobody can see one. The
// target goes on when this ends, and also when Osprey itself is killed. A process that was stopped
// by SIGSTOP stays so; signals that come meanwhile are delivered afterwards.
//
// A thread that is stopped in its sleep leaves its system call and enters it again, with what was
// left of its timeout. signal(7) has the few that fail with EINTR instead, with or without a signal
// handler: epoll_wait, semop, sigtimedwait, io_getevents and sockets with a timeout. Python makes
// them again since 3.5 (PEP 475); 2.7 raises an error. So those that sleep need not be stopped:
// what does not run changes nothing. They are watched instead, by the kernel's count of how often
// they ran (proc_pid_status(5)).
class ScopedPause {
 public:
  enum class Sleepers { kStop, kWatch };

  // Stops all threads of `pid` that run, those that are born meanwhile as well, and those that
  // sleep as `sleepers` says; `restless` are stopped in any case. That takes some tens of
  // microseconds a thread. One that the kernel does not let stop (uninterruptible sleep, a parent
  // in vfork(2)) is left alone after 20 ms, and one that gets no processor after a second.
  //
  // kNoSuchProcess, also for a zombie; kNotPermitted: the kernel refuses, or somebody else (a
  // debugger, strace) traces it: "process 4242 is traced by another (pid 77)".
  static Result<ScopedPause> Stop(pid_t pid, Sleepers sleepers = Sleepers::kStop,
                                  std::span<const pid_t> restless = {});
  ScopedPause(ScopedPause&&) noexcept;
  ScopedPause& operator=(ScopedPause&&) noexcept;
  ~ScopedPause();

  // Those that were asleep and have run since, and any that were born: while there are none,
  // nothing of the process has moved. To be asked before Resume.
  std::vector<pid_t> Woken() const;

  // The registers of one that was stopped; none of one that was left asleep, or is gone.
  std::optional<Registers> ReadRegisters(pid_t tid) const;

  // Lets all go on, once; afterwards there is nothing left to do for the destructor.
  void Resume();

  // From when the first thread was told to stop until now, or until all were let go; 0 where none
  // was.
  Duration Stopped() const;
  std::size_t stopped_threads() const;
  std::size_t sleeping_threads() const;  // that were left asleep
  // How many live threads ran on, or may have.
  std::size_t missed_threads() const;

 private:
  class Tracer;
  explicit ScopedPause(std::unique_ptr<Tracer> tracer);
  std::unique_ptr<Tracer> tracer_;
};

}  // namespace osprey
