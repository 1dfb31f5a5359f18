// What an interpreter's file itself says of where its state is.
#pragma once

#include <optional>

#include "osprey/target/elf_file.h"
#include "osprey/target/memory.h"

namespace osprey {

// Addresses in the process; see Runtime.
struct RuntimeAnchor {
  Address runtime;
  Address current_thread;
  const char* found_by;
};

// By the symbol _PyRuntime (3.7 and later), by the section .PyRuntime (3.10 and later), or by the
// variables that 2.7 to 3.6 have in their place. None: this is not the file of an interpreter, or
// its tables of symbols and sections are gone.
std::optional<RuntimeAnchor> FindRuntimeAnchor(const ElfFile& file, std::uint64_t load_bias);

}  // namespace osprey
