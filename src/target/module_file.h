// Opens the file behind a module of a live process, and makes sure that it is that file.
#pragma once

#include <sys/types.h>

#include "osprey/base/unique_fd.h"
#include "osprey/target/live_memory.h"
#include "osprey/target/target.h"

namespace osprey {

// A regular file, open for reading. kNotFound when no way leads to the file that is mapped,
// kNotPermitted when one does and the kernel refuses it.
Result<UniqueFd> OpenModuleFile(pid_t pid, const Memory& memory, const Module& module);

}  // namespace osprey
