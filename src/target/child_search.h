// The two ways in which /proc tells who is whose child.
#pragma once

#include <sys/types.h>

#include <map>
#include <string_view>
#include <vector>

namespace osprey {

// The children of all threads of `pid`, from their children files (proc_tid_children(5)); empty
// when it has ended. The kernel may leave one out while others end.
std::vector<pid_t> ChildrenOf(pid_t pid);
// The pids in the text of such a file; stops at what is no pid.
std::vector<pid_t> ParseChildren(std::string_view text);

// Everyone whom /proc shows, by parent, from their stat files.
std::multimap<pid_t, pid_t> ChildrenOfAll();

}  // namespace osprey
