// A process that is no more, as its core file tells of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "osprey/target/core_memory.h"
#include "osprey/target/registers.h"
#include "osprey/target/target.h"
#include "osprey/target/thread_activity.h"

namespace osprey {

struct CoreThread {
  pid_t tid = 0;  // as whoever wrote the file counts: the process itself (a kernel) or gcore
  Registers registers;
  // On a CPU where it was in no system call. One that it waited in is told by the registers: it
  // would be made again, or was about to fail with EINTR, and only because of the stop.
  ThreadActivity activity;
};

// What ended the process (NT_SIGINFO: siginfo_t, sigaction(2)).
struct CoreSignal {
  int number = 0;
  int code = 0;  // si_code
  Address
      fault_address;  // of SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGTRAP by the processor, or null
  pid_t sender = 0;   // of one that a process has sent (code <= 0), or 0
};

class CoreTarget : public Target {
 public:
  struct Options {
    std::string executable;  // the program that dumped core, when it is not where it was
    std::string sysroot;     // a folder in which the program's files lie as they lay in /
  };

  // Opens a core file of x86-64 or aarch64, written by a kernel or by gcore, and looks for the
  // files that were mapped: in the sysroot, at their own path, and by build ID under
  // /usr/lib/debug/.build-id. A file whose build ID is another than the core's is not taken.
  //
  // kNotFound or kNotPermitted: it cannot be opened. kMalformed: it is no core file, or one that is
  // cut off in its headers. kUnsupported: one of another kind of machine. kInvalidArgument: the
  // executable that was named is another one.
  static Result<CoreTarget> Open(const std::string& path, const Options& options);
  // The same for a regular file that is open for reading; `name` is for messages.
  static Result<CoreTarget> FromFd(UniqueFd fd, const std::string& name, const Options& options);
  CoreTarget(CoreTarget&&) noexcept;
  CoreTarget& operator=(CoreTarget&&) noexcept;
  ~CoreTarget() override;

  pid_t pid() const override;  // 0 where the file does not say
  // Stays where it is when the target is moved.
  const Memory& memory() const override;
  // The command line as it stands on the stack; where that cannot be read, the 80 characters that
  // NT_PRPSINFO has of it.
  std::string Title() const override;
  // Made of the segments and NT_FILE. A mapping's inode counts the paths: a core has no other.
  Result<MemoryMap> ReadMap() const override;
  Result<UniqueFd> OpenFile(const Module& module) const override;
  // The file that was found; where none was, what the core itself holds of it. Its symbols are
  // those of a separate debug file, too.
  Result<ElfFile> OpenModule(const Module& module) const override;

  Machine machine() const;
  // In the file's order; a kernel writes the one first that took the signal.
  const std::vector<CoreThread>& threads() const;
  const std::optional<CoreSignal>& signal() const;  // none: nothing had ended it, or not said
  // The executable's name without its folder, 15 characters at most.
  const std::string& Name() const;
  // Its path as the process saw it; empty where that cannot be told.
  std::string ExecutablePath() const;
  // What a reader should know, one sentence each: the file is cut off, files were not found or are
  // others than those that were mapped.
  const std::vector<std::string>& Warnings() const;

 private:
  struct Impl;
  explicit CoreTarget(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace osprey
