// The words for what stands between Osprey and a process.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "osprey/base/error.h"

namespace osprey {

// "no such process 4242".
Error NoSuchProcess(pid_t pid);
// "no such thread 4243 of process 4242".
Error NoSuchThread(pid_t pid, pid_t tid);
// "process 4242 has ended and only waits for its parent to notice".
Error HasEnded(pid_t pid);
// That the kernel refuses to let us `verb` ("read", "stop") the process, whose owner that is: what
// the user can do.
Error NotPermitted(std::string_view verb, pid_t pid, std::string_view owner);
// The name of a user, or "user 1234".
std::string UserName(uid_t user);

}  // namespace osprey
