// The headers of a core file: its machine, its segments and its notes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "osprey/base/result.h"
#include "osprey/target/core_memory.h"
#include "osprey/target/registers.h"
#include "target/core_notes.h"
#include "target/file_bytes.h"

namespace osprey {

struct CoreFile {
  Machine machine = Machine::kX64;
  std::vector<CoreSegment> segments;  // as they stand in the file
  CoreNotes notes;
  std::uint64_t missing = 0;  // bytes that the headers promise behind the end of the file
};

// Reads them; `name` is for messages. kMalformed: not a core file, or one that ends in its headers;
// kUnsupported: of another kind of machine.
Result<CoreFile> ReadCoreFile(const FileBytes& file, const std::string& name);

}  // namespace osprey
