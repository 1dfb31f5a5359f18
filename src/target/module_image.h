// A module's file as far as it is mapped: the last way to it when the file itself is out of reach.
#pragma once

#include "osprey/base/unique_fd.h"
#include "osprey/target/memory.h"
#include "osprey/target/target.h"

namespace osprey {

// Copies what is mapped of `module` into a file in our own memory, each byte where its file has it,
// and returns that file, open for reading. It has no section headers, since those are not mapped;
// the dynamic symbols are. kNotFound when what is mapped is no 64-bit ELF file, is larger than
// 256 MiB, or cannot be read.
Result<UniqueFd> CopyModule(const Memory& memory, const Module& module);

}  // namespace osprey
