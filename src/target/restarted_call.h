// Which system call a thread waits in that has entered it again after a stop.
#pragma once

#include <string_view>

namespace osprey {

// A thread that was stopped in a system call with a time limit goes on in restart_syscall(2), whose
// number says nothing more, though its arguments are still those of the first. `wchan` is the name
// of the kernel function that it sleeps in (/proc/PID/task/TID/wchan, proc_pid_wchan(5)). Gives one
// of those that are restarted so; empty where the function is none of theirs.
std::string_view RestartedCall(std::string_view wchan);

}  // namespace osprey
