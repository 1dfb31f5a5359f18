// Which threads wait for each other, and which of them for ever.
#pragma once

#include <cstddef>
#include <vector>

#include "osprey/trace/thread_dump.h"

namespace osprey {

// The circles in `waits`, in which every waiter stands once at the most and which name threads
// below `threads`: each begins at its lowest thread, each thread waits for the next and the last
// for the first. One that waits for itself is a circle of one. Linear.
std::vector<std::vector<std::size_t>> FindDeadlocks(const std::vector<DumpedWait>& waits,
                                                    std::size_t threads);

}  // namespace osprey
