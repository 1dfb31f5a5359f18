#include "target/ptrace_calls.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "target/proc_stat.h"
#include "target/process_errors.h"

namespace osprey {

// ptrace(2) is declared with variable arguments, and with an enumeration of its own where the C
// library has one.
bool Ptrace(int request, pid_t tid, std::uintptr_t data) {
  return ::syscall(SYS_ptrace, request, tid, std::uintptr_t{0}, data) == 0;
}

Result<void> StopRefusal(pid_t pid, pid_t tid) {
  const auto stat = ReadThreadStat(pid, tid);
  const auto status = ReadThreadStatus(pid, tid);
  if (!stat || !status || stat->has_ended()) return {};  // zombies are refused, too
  if (status->leader == ::getpid()) return IsOspreyItself(pid);
  if (const auto tracer = ReadProcessStatus(status->tracer);
      tracer && tracer->leader == ::getpid()) {
    return Error{ErrorCode::kTimeout, 0, Address{},
                 fmt::format("thread {} of process {} has not been let go yet", tid, pid)};
  }
  if (status->tracer != 0) {
    return Error{ErrorCode::kNotPermitted, 0, Address{},
                 fmt::format("process {} is traced by another (pid {})", pid, status->tracer)};
  }
  return NotPermitted("stop", pid, UserName(status->owner));
}

Error IsOspreyItself(pid_t pid) {
  return Error{ErrorCode::kInvalidArgument, 0, Address{},
               fmt::format("process {} is osprey itself, which cannot stop itself", pid)};
}

}  // namespace osprey
