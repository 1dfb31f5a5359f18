// Which line an instruction stands on: CPython's three encodings, decoded without any process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "osprey/python/layout.h"

namespace osprey {

// The line of the instruction at `byte_offset` into the bytecode, 1-based; 0 where the table says
// that it has none. An offset below 0 (nothing executed yet) gives `first_line`. A table that is
// cut short or malformed ends where it stops making sense and gives what was reached till then.
// Same results as PyCode_Addr2Line (Objects/codeobject.c).
std::uint32_t LineOf(LineTableFormat format, std::span<const std::byte> table,
                     std::int32_t first_line, std::int64_t byte_offset);

}  // namespace osprey
