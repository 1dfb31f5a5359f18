#include "target/ptrace_calls.h"

#include <elf.h>
#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "target/proc_stat.h"
#include "target/process_errors.h"

namespace osprey {
namespace {

bool ReadSet(pid_t tid, unsigned int set, iovec& to) {
  return ::syscall(SYS_ptrace, PTRACE_GETREGSET, tid, set, &to) == 0;
}

}  // namespace

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

Result<void> ReadStoppedRegisters(pid_t pid, pid_t tid, Registers& registers) {
  registers.machine = OwnMachine();
  registers.general.resize(Registers::CountOn(registers.machine));
  iovec general{registers.general.data(), registers.general.size() * sizeof(std::uint64_t)};
  if (!ReadSet(tid, NT_PRSTATUS, general)) return NoSuchThread(pid, tid);
  if (general.iov_len != registers.general.size() * sizeof(std::uint64_t)) {
    return Error{ErrorCode::kUnsupported, 0, Address{}, "a 32-bit program"};
  }
  registers.NameGeneral();
#if defined(__aarch64__)
  iovec thread_pointer{&registers.thread_pointer, sizeof registers.thread_pointer};
  if (!ReadSet(tid, NT_ARM_TLS, thread_pointer)) registers.thread_pointer = Address();
#endif
  return {};
}

}  // namespace osprey
