// The parts of a function that the compiler has put elsewhere.
#pragma once

#include <vector>

#include "osprey/base/result.h"
#include "osprey/native/unwind_tables.h"
#include "osprey/target/memory.h"

namespace osprey {

// GCC and Clang move code that hardly ever runs into a part of its own (FUNCTION.cold), with an
// unwind description of its own, and jump there. Symbols say which; where those are stripped, this
// finds the parts that `function`, x86-64 code, jumps into the middle of: no call does that.
// Errors as Memory::Read; kMalformed for a function of more than 4 MiB.
Result<std::vector<CodeRange>> FindSplitParts(const Memory& memory, const UnwindTable& table,
                                              CodeRange function);

}  // namespace osprey
