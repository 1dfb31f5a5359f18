// What the kernel says that a thread is doing, without stopping it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "osprey/base/address.h"
#include "osprey/base/result.h"
#include "osprey/base/unique_fd.h"
#include "osprey/target/registers.h"

namespace osprey {

struct ThreadActivity {
  bool on_cpu = false;            // runs, or is ready to run
  std::int64_t system_call = -1;  // its number while it waits in one, else -1
  Address first_argument;         // of that system call: for futex(2) the word waited on
  // Those of user mode, while it waits; null while it runs, and where only stat says what it does.
  Address stack_pointer;
  Address instruction_pointer;
};

// The two registers that are known of a thread which waits, without stopping it; all others are 0.
// None while it runs. Native code that counts its frames from the stack pointer, as compilers do by
// default, needs no others, and nor do callers of a function that has saved theirs. A walk that
// does need one finds no stack at 0: what it says when it gets to where the thread began is right.
// The thread may wake up before its stack is copied: to be asked again afterwards.
std::optional<Registers> BlockedRegisters(const ThreadActivity& activity);

// Reads one thread's activity again and again; keeps its file open.
class ThreadActivityReader {
 public:
  // Opens /proc/PID/task/TID/syscall, and stat beside it where the kernel has no such file.
  // kNoSuchProcess when the thread is gone.
  static Result<ThreadActivityReader> Open(pid_t pid, pid_t tid);

  // One system call (pread). kNoSuchProcess when the thread is gone.
  Result<ThreadActivity> Read() const;

 private:
  ThreadActivityReader(UniqueFd fd, bool is_stat) : fd_(std::move(fd)), is_stat_(is_stat) {}
  UniqueFd fd_;
  bool is_stat_;
};

// The text of /proc/PID/task/TID/syscall (proc_pid_syscall(5)): "running", or a number and
// arguments, or "-1" when it is blocked outside a system call. kMalformed for anything else.
Result<ThreadActivity> ParseSyscall(std::string_view text);
// The text of /proc/PID/task/TID/stat: only whether it is on a CPU. A command name may hold any
// bytes, brackets and spaces among them. kMalformed for anything else.
Result<ThreadActivity> ParseStat(std::string_view text);

}  // namespace osprey
