// Reads a whole file of /proc, and turns the kernel's refusals into our errors.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "osprey/base/result.h"

namespace osprey {

// The error for a system call on process `pid` that failed with `number`: kNoSuchProcess for ESRCH
// and ENOENT, kNotPermitted for EPERM and EACCES, else kIo. `what` is what was tried: "read the
// memory map".
Error ProcessError(pid_t pid, int number, std::string_view what);

// The contents of /proc/PID/`name`. At most `limit` bytes are kept; the rest is left unread.
Result<std::string> ReadProcFile(pid_t pid, std::string_view name, std::size_t limit);

// The ids of its threads now, the leader's among them, sorted: the names in /proc/PID/task. Empty
// when the process is gone. Threads that begin or end meanwhile may be in it or not, and where one
// ends while the kernel's walk stands at it, all behind it are missing (next_tid, fs/proc/base.c of
// Linux): a list of less than the number in /proc/PID/stat is not whole.
std::vector<pid_t> ReadTaskIds(pid_t pid);

// Where a symbolic link leads; empty when it cannot be read.
std::string ReadLink(const std::string& link);

}  // namespace osprey
