// Where a code object says which handler an exception at an instruction goes to (CPython 3.11 and
// later; Objects/exception_handling_notes.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace osprey {

// How deep the value stack is for the handler of the instruction at code unit `unit`; 0 where none
// handles it, and where `table` breaks off before it says so.
std::size_t HandlerDepth(std::span<const std::byte> table, std::uint64_t unit);

}  // namespace osprey
