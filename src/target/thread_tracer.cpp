#include "target/thread_tracer.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "target/process_errors.h"
#include "target/ptrace_calls.h"

namespace osprey {
Result<void> ThreadTracer::Stop(pid_t pid, pid_t tid) {
  pid_ = pid;
  tid_ = tid;
  // A thread that ends stands before it does, to be let go as one that runs: a zombie could not be.
  if (!Ptrace(PTRACE_SEIZE, tid, PTRACE_O_TRACEEXIT)) {
    if (errno == EPERM) {
      if (auto refusal = StopRefusal(pid, tid); !refusal) return refusal;
    }
    return NoSuchThread(pid, tid);
  }
  is_tracing_ = true;
  // Now the id cannot become another's any more, as it may have before.
  if (::syscall(SYS_tgkill, pid, tid, 0) != 0 && errno == ESRCH) return NoSuchThread(pid, tid);
  begin_ = Clock::now();
  Ptrace(PTRACE_INTERRUPT, tid, 0);  // fails only where it is about to end
  const auto stand = Wait(pid, tid);
  if (!stand) return NoSuchThread(pid, tid);
  signal_ = stand->signal;
  // Who executes a program gets the id of its process, and then stands as well.
  const bool is_itself = stand->tid == tid && stand->event != PTRACE_EVENT_EXIT;
  tid_ = stand->tid;
  if (is_itself) return {};
  Resume();
  return NoSuchThread(pid, tid);
}

std::optional<ThreadTracer::Stand> ThreadTracer::Wait(pid_t pid, pid_t tid) const {
  siginfo_t info{};
  // Any of those that this thread traces, since an id may change. Without taking it (WNOWAIT): a
  // signal that was about to be delivered stays with the thread should Osprey be killed now.
  const int flags = WSTOPPED | WEXITED | WNOWAIT | __WALL | __WNOTHREAD;
  int waited;
  do {
    waited = ::waitid(P_ALL, 0, &info, flags);
  } while (waited != 0 && errno == EINTR);
  if (waited != 0 || (info.si_pid != tid && info.si_pid != pid)) return std::nullopt;
  if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED) return std::nullopt;
  // PTRACE_EVENT_STOP is our own doing, or that of a SIGSTOP that the thread is back in when it is
  // let go. Without an event the signal is on its way.
  const int event = info.si_status >> 8;
  return Stand{info.si_pid, event, event == 0 ? info.si_status : 0};
}

Result<void> ThreadTracer::ReadRegisters(Registers& registers) const {
  return ReadStoppedRegisters(pid_, tid_, registers);
}

void ThreadTracer::Resume() {
  // Fails for a thread that has been killed meanwhile.
  const bool detached = Ptrace(PTRACE_DETACH, tid_, static_cast<std::uintptr_t>(signal_));
  end_ = Clock::now();
  if (detached) is_tracing_ = false;
}

}  // namespace osprey
