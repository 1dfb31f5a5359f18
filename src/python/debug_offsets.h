// The target's own table of offsets: _Py_DebugOffsets, CPython 3.13 and later.
#pragma once

#include <array>

#include "osprey/base/result.h"
#include "osprey/python/layout.h"
#include "osprey/target/memory.h"

namespace osprey {

// The table's first bytes, _Py_Debug_Cookie.
inline constexpr std::array<char, 8> kDebugCookie = {'x', 'd', 'e', 'b', 'u', 'g', 'p', 'y'};

// The version that the table at `runtime` claims; kNotFound where there is no table.
Result<Version> ReadDebugVersion(const Memory& memory, Address runtime);

// Whether it says of itself that it was built without a GIL (Py_GIL_DISABLED, PEP 703); kNotFound
// where there is no table.
Result<bool> ReadDebugFreeThreaded(const Memory& memory, Address runtime);

// Overrides the offsets of `layout` with those that the table has. kMalformed when one of them
// lies outside the size that the table itself gives for the struct; `layout` is untouched then.
Result<void> ApplyDebugOffsets(const Memory& memory, Address runtime, Layout& layout);

}  // namespace osprey
