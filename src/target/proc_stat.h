// The few fields of /proc/PID/stat and /proc/PID/status that Osprey uses, read and parsed apart.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "osprey/base/result.h"

namespace osprey {

// Fields of proc_pid_stat(5).
struct ProcessStat {
  char state = '?';               // field 3
  pid_t parent = 0;               // field 4; 0 for a process whose parent is out of sight
  pid_t session = 0;              // field 6
  bool is_kernel_thread = false;  // PF_KTHREAD in field 9
  // Field 11: page faults of the children that it has waited for. None runs without any.
  std::uint64_t child_faults = 0;
  std::uint64_t threads = 0;      // field 20: how many there are, those that are ending among them
  std::uint64_t start_time = 0;   // field 22: clock ticks after boot
  std::uint64_t start_stack = 0;  // field 28: where the stack starts, 0 without permission
  int processor = -1;             // field 39: on which it ran last; -1: not said

  bool has_ended() const { return state == 'Z' || state == 'X' || state == 'x'; }
};

// True when `now` is that of the process that started at `start_time` and still runs: false for a
// zombie, and for a stranger who got the same pid since.
inline bool IsStillRunning(const ProcessStat& now, std::uint64_t start_time) {
  return now.start_time == start_time && !now.has_ended();
}

// Fields of proc_pid_status(5).
struct ProcessStatus {
  pid_t leader = 0;  // Tgid: the process that the thread belongs to
  uid_t owner = 0;   // the effective user
  pid_t tracer = 0;  // TracerPid: who debugs it; 0: nobody, or somebody out of sight
  char state = '?';  // as in ProcessStat
  // How often it has given a processor away, of its own accord or not; none: the file does not say.
  std::optional<std::uint64_t> switches;

  // Asleep, or stopped by a signal or a debugger. One that is so at two looks, with the same number
  // of switches, has not run in between: it would have had to give the processor away again.
  bool rests() const {
    return switches && (state == 'S' || state == 'D' || state == 'T' || state == 't');
  }
};

// Reads /proc/PID/stat; errors as ProcessError.
Result<ProcessStat> ReadProcessStat(pid_t pid);
// Parses its text. A command name may hold any bytes, brackets and spaces among them. kMalformed
// for anything that is not of its form.
Result<ProcessStat> ParseProcessStat(std::string_view text);

// Reads /proc/PID/status; errors as ProcessError.
Result<ProcessStatus> ReadProcessStatus(pid_t pid);
// Those of one of its threads.
Result<ProcessStat> ReadThreadStat(pid_t pid, pid_t tid);
Result<ProcessStatus> ReadThreadStatus(pid_t pid, pid_t tid);
// Parses its text; kMalformed when Tgid or Uid is not there.
Result<ProcessStatus> ParseProcessStatus(std::string_view text);

// NSpid in /proc/PID/`name`, "status" or that of a thread: its id in every pid namespace that it is
// in, from ours inwards. Empty when it is gone, or on a kernel before 4.1.
std::vector<pid_t> ReadNamespacePids(pid_t pid, std::string_view name);
// Parses the text of such a file.
std::vector<pid_t> ParseNamespacePids(std::string_view text);

}  // namespace osprey
