// Has one thread at a time stand still for some microseconds, to see its registers and its stack.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/base/result.h"
#include "osprey/target/registers.h"

namespace osprey {

// By ptrace(2), as ScopedPause, with which it shares what becomes of signals, of stopped processes
// and of system calls: PTRACE_SEIZE and PTRACE_INTERRUPT, and PTRACE_DETACH as soon as it has been
// looked at. The others run on, and between two looks nobody is traced.
//
// Whoever traces is a thread, and only its end makes the kernel let go of one that does not stop or
// has been killed. So a thread of its own does all that, which is replaced when it must end. Not to
// be used by two threads at once.
class ThreadStopper {
 public:
  // A thread that gets a processor stops within some microseconds.
  static constexpr Duration kPatience = std::chrono::milliseconds(20);
  // Runs while the thread stands, on a thread of the stopper's; the caller waits. What it throws,
  // Stop throws.
  using Look = std::function<void(const Registers&)>;

  ThreadStopper();
  ThreadStopper(ThreadStopper&&) noexcept;
  ThreadStopper& operator=(ThreadStopper&&) noexcept;
  ~ThreadStopper();

  // Has thread `tid` of process `pid` stand while `look` runs. Returns how long it stood, from when
  // it was told to stop: that is more than it lost, where it had no processor.
  //
  // kNoSuchProcess: it has ended, ends, or executes another program. kNotPermitted as
  // ScopedPause::Stop. kTimeout: it has not stopped within `patience`, as in uninterruptible sleep;
  // it is let go as soon as it stops, without a look, and is refused until then.
  Result<Duration> Stop(pid_t pid, pid_t tid, const Look& look, Duration patience = kPatience);

 private:
  class Helper;
  struct GivenUp {
    pid_t tid;
    std::shared_ptr<Helper> helper;
  };

  bool IsGivenUp(pid_t tid);

  std::shared_ptr<Helper> helper_;  // null: none is running
  std::vector<GivenUp> given_up_;   // those that still wait for a thread to stop
};

}  // namespace osprey
