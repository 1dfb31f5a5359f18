// Tells a process's own threads from those that its memory only has from its parent.
#pragma once

#include <sys/types.h>

#include <span>
#include <vector>

#include "osprey/python/thread_list.h"

namespace osprey {

// Drops the threads whose kernel id is none of `ids`, the threads that the process has
// (LiveTarget::ThreadIdsInside). After fork(2) and until PyOS_AfterFork_Child, or exec, a child's
// interpreter lists the threads of the parent; only the one that forked goes on. Where no id is
// known (0), all threads are kept.
void KeepOwnThreads(std::vector<PythonThread>& threads, std::span<const pid_t> ids);

}  // namespace osprey
