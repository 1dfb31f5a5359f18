// How often a thread has been given a processor: while that stays the same, it has done nothing.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "osprey/base/unique_fd.h"

namespace osprey {

// Keeps /proc/PID/task/TID/schedstat open.
class RunCount {
 public:
  RunCount(pid_t pid, pid_t tid);

  // One system call (pread). None where the kernel does not count (CONFIG_SCHED_INFO), and when the
  // thread is gone.
  std::optional<std::uint64_t> Read() const;

 private:
  UniqueFd fd_;
};

// The third number of the text of a schedstat file: the timeslices that it has run
// (Documentation/scheduler/sched-stats.rst of the kernel). None for what is no such text.
std::optional<std::uint64_t> ParseRunCount(std::string_view text);

}  // namespace osprey
