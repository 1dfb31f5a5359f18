// A running process, attached to without its knowledge.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "osprey/target/live_memory.h"
#include "osprey/target/target.h"

namespace osprey {

// The 16 random bytes that the kernel gives every execve (AT_RANDOM, getauxval(3)), and where.
struct ExecMark {
  Address address;  // null where the kernel gave none
  std::array<std::uint64_t, 2> random{};
};

class LiveTarget : public Target {
 public:
  // Looks at the process without stopping it. kNoSuchProcess ("no such process 4242"),
  // kNotPermitted ("not permitted to read process 4242: it belongs to root; ..."), in the words of
  // the command line's error page.
  static Result<LiveTarget> Open(pid_t pid);

  pid_t pid() const override { return pid_; }
  // When it started, in clock ticks after boot: tells it from a later process of that pid.
  std::uint64_t start_time() const { return start_time_; }
  const Memory& memory() const override { return memory_; }
  std::string Title() const override;
  Result<MemoryMap> ReadMap() const override;
  Result<UniqueFd> OpenFile(const Module& module) const override;
  Result<ElfFile> OpenModule(const Module& module) const override;
  std::shared_ptr<const TargetRoot> ForeignRoot() const override;

  // True while the process that was opened lives: false for a zombie, a gone one, and for a
  // stranger who got its pid since (the start time differs).
  bool IsAlive() const;
  // Changes when the process executes another program, or itself again: the device and inode of
  // /proc/PID/exe, the start of its stack, and its ExecMark, since without address-space
  // randomization the stack may start where it did. Empty when the process is gone, and for a
  // moment while it executes.
  std::optional<std::string> ProgramIdentity() const;
  // An empty mark where it cannot be read.
  ExecMark ReadExecMark() const;
  // Whether it still bears `mark`: one read instead of the files that ProgramIdentity goes by.
  // False for an empty mark, after an execve, and when the process is gone.
  bool Bears(const ExecMark& mark) const;
  // How many pages it has mapped (proc_pid_statm(5)): one short read that shows nearly always when
  // it executes a program, loads a library or gets memory. 0 when it is gone.
  std::uint64_t MappedPages() const;
  // The kernel's thread ids now, as seen from here; empty when the process is gone.
  std::vector<pid_t> ThreadIds() const;
  // The same with the ids that they see themselves, in the innermost pid namespace
  // (pid_namespaces(7)): those that its memory holds.
  struct Thread {
    pid_t tid = 0;
    pid_t inside = 0;
  };
  std::vector<Thread> Threads() const;
  // These alone.
  std::vector<pid_t> ThreadIdsInside() const;
  // The title, or the name in brackets where that is empty.
  std::string CommandLine() const;
  // The pid of its parent; none when it is gone or the parent is out of sight.
  std::optional<pid_t> Parent() const;
  // The path of the executable as the target sees it.
  std::string ExecutablePath() const;
  // Its working directory now, as the target sees it; empty when it cannot be read.
  std::string WorkingDirectory() const;

 private:
  LiveTarget(pid_t pid, std::uint64_t start_time)
      : pid_(pid), start_time_(start_time), memory_(pid) {}

  pid_t pid_;
  std::uint64_t start_time_;  // field 22 of /proc/PID/stat: clock ticks after boot
  LiveMemory memory_;
};

}  // namespace osprey
