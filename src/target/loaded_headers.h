// What the memory of a process says of a file that is loaded in it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "osprey/target/memory.h"
#include "osprey/target/target.h"

namespace osprey {

struct LoadedHeaders {
  bool is_known = false;  // the beginning of the file is in the memory
  bool is_elf = false;
  std::vector<std::byte> bytes;  // the ELF header and the program headers where they follow it
  std::string build_id;          // in hexadecimal; empty where it has none, or none can be read
};

LoadedHeaders ReadLoadedHeaders(const Memory& memory, const Module& module);

}  // namespace osprey
