// What a process uses of the machine: processor, memory, page faults, bytes read and written.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "osprey/base/result.h"
#include "osprey/trace/process_metrics.h"

namespace osprey {

// Reads /proc/PID/stat, statm and io (three short files). kNoSuchProcess when it is gone or a
// zombie, other errors as ProcessError. `io` is for the owner and root alone: without it those two
// figures are none.
Result<ProcessMetrics> ReadProcessUsage(pid_t pid);

// Each adds to `metrics` what its text says; kMalformed for one that is not of its form.
// /proc/PID/stat (proc_pid_stat(5), fields 10, 12, 14, 15 and 22); `ticks_per_second` is
// sysconf(_SC_CLK_TCK). kNoSuchProcess for a zombie, whose figures are no longer those of a
// program.
Result<void> ParseUsageStat(std::string_view text, double ticks_per_second,
                            ProcessMetrics& metrics);
// /proc/PID/statm (proc_pid_statm(5), field 2).
Result<void> ParseUsageStatm(std::string_view text, std::uint64_t page_bytes,
                             ProcessMetrics& metrics);
// /proc/PID/io (proc_pid_io(5), rchar and wchar: what goes through a cache, a pipe or a socket by
// read(2) and write(2) counts too).
Result<void> ParseUsageIo(std::string_view text, ProcessMetrics& metrics);

}  // namespace osprey
