// The few fields of /proc/PID/stat and /proc/PID/status that Osprey uses, read and parsed apart.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "osprey/base/result.h"

namespace osprey {

// Fields of proc_pid_stat(5).
struct ProcessStat {
  char state = '?';               // field 3
  bool is_kernel_thread = false;  // PF_KTHREAD in field 9
  std::uint64_t start_time = 0;   // field 22: clock ticks after boot
  std::uint64_t start_stack = 0;  // field 28: where the stack starts, 0 without permission

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
  // NSpid: its ids, from the pid namespace that /proc shows to its own. Empty before Linux 4.1.
  std::vector<pid_t> namespace_ids;
};

// Reads /proc/PID/stat; errors as ProcessError.
Result<ProcessStat> ReadProcessStat(pid_t pid);
// Parses its text. A command name may hold any bytes, brackets and spaces among them. kMalformed
// for anything that is not of its form.
Result<ProcessStat> ParseProcessStat(std::string_view text);

// Reads /proc/PID/status; errors as ProcessError.
Result<ProcessStatus> ReadProcessStatus(pid_t pid);
// The same of one thread: /proc/PID/task/TID/status.
Result<ProcessStatus> ReadThreadStatus(pid_t pid, pid_t tid);
// Parses its text; kMalformed when Tgid or Uid is not there.
Result<ProcessStatus> ParseProcessStatus(std::string_view text);

}  // namespace osprey
