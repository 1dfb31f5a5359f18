// The root frame of a process: what all its samples stand on with --subprocesses.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "osprey/target/live_target.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

// "process PID: command". Of a long command only the beginning, and what moves a cursor becomes a
// blank: `python3 -c` has a whole script in its command line.
std::string ProcessLabel(pid_t pid, std::string_view command);

// The stack of that one frame.
StackId PushProcess(StackTable& stacks, const LiveTarget& target);

}  // namespace osprey
