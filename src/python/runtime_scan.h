// The last resort: a runtime without a name, known by how it hangs together.
#pragma once

#include "osprey/base/result.h"
#include "osprey/python/layout.h"
#include "osprey/target/memory.h"

namespace osprey {

// The address in [start, start + size) that a _PyRuntimeState of `layout` would have: its list of
// interpreters leads to one with id 0, whose threads point back to it and run frames of code
// objects. kNotFound where nothing does.
Result<Address> ScanForRuntime(const Memory& memory, const Layout& layout, Address start,
                               std::uint64_t size);

// The first table of debug offsets (3.13 and later) among `size` bytes from `start`: the runtime
// begins with it. kNotFound where there is none.
Result<Address> ScanForDebugOffsets(const Memory& memory, Address start, std::uint64_t size);

}  // namespace osprey
