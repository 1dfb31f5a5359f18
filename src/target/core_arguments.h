// The whole command line of a process, out of the stack that it started with.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "osprey/target/memory.h"

namespace osprey {

// What /proc/PID/cmdline would show, with blanks between the arguments: the strings that argv had
// at the start, or what the program has put in their place. `auxv` is that of the process, which
// tells where on the stack they are. Empty where that cannot be read. 64 KiB at most.
std::string ReadArguments(const Memory& memory,
                          const std::vector<std::pair<std::uint64_t, std::uint64_t>>& auxv);

}  // namespace osprey
