// Tells a process's own threads from those that its memory only has from its parent.
#pragma once

#include <sys/types.h>

#include <span>
#include <vector>

#include "osprey/python/layout.h"
#include "osprey/python/thread_list.h"

namespace osprey {

// Drops the threads whose kernel id is none of `ids`, the threads that the process has
// (LiveTarget::ThreadIdsInside). After fork(2) and until PyOS_AfterFork_Child, or exec, a child's
// interpreter lists the threads of the parent; only the one that forked goes on. A thread without
// an id (0) has not begun or is no more. Where the layout does not say the ids, all are kept.
void KeepOwnThreads(const Layout& layout, std::vector<PythonThread>& threads,
                    std::span<const pid_t> ids);

}  // namespace osprey
