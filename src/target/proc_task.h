// The threads of a process in the order of their ids: /proc/PID/task.
#pragma once

#include <sys/types.h>

#include <vector>

namespace osprey {

// As seen from here; empty when the process is gone.
std::vector<pid_t> ListThreadIds(pid_t pid);

}  // namespace osprey
