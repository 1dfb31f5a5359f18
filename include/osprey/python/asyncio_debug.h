// What the interpreter itself says of where asyncio's tasks are, from 3.14 on.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "osprey/base/result.h"
#include "osprey/python/layout.h"
#include "osprey/target/target.h"

namespace osprey {

// struct _Py_AsyncioModuleDebugOffsets (Modules/_asynciomodule.c): a struct's size and offsets of
// its members, for tasks, interpreter states and thread states.
using AsyncioDebugOffsets = std::array<std::uint64_t, 13>;

// Fills the members of `layout`.task_object that the table tells; kMalformed, and nothing filled,
// where an offset lies outside its struct.
Result<void> ApplyAsyncioOffsets(const AsyncioDebugOffsets& words, Layout& layout);

// Looks for the table in the section .AsyncioDebug of the file of the module _asyncio, or of
// `runtime_module`, the interpreter's own file, where it is built in. kNotFound: not loaded yet.
Result<void> ApplyAsyncioDebug(const Target& target, const std::string& runtime_module,
                               Layout& layout);

}  // namespace osprey
