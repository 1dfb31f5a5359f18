// What the notes of a core file say (core(5), and fs/binfmt_elf.c of Linux, which writes them).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "osprey/target/core_target.h"
#include "osprey/target/registers.h"
#include "target/file_bytes.h"

namespace osprey {

// One entry of NT_FILE.
struct CoreMappedFile {
  Address start;
  Address end;
  std::uint64_t file_offset = 0;
  std::string path;  // without " (deleted)"
  bool deleted = false;
};

struct CoreNotes {
  std::vector<CoreThread> threads;  // their activity is not filled in: it takes the memory
  pid_t pid = 0;                    // NT_PRPSINFO: 0 where it is missing
  std::string name;
  std::string arguments;              // the first 80 bytes, with blanks between them
  std::vector<CoreMappedFile> files;  // by address, none overlapping another
  std::uint64_t page_size = 4096;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> auxv;  // getauxval(3): AT_..., value
  std::optional<CoreSignal> signal;
  bool is_cut = false;  // some notes lie behind the end of the file, or are broken

  // The value of an AT_... entry; 0 where there is none.
  std::uint64_t Auxiliary(std::uint64_t type) const;
};

// Adds what the notes at [offset, offset + size) of `file` say to `notes`.
void ReadCoreNotes(const FileBytes& file, std::uint64_t offset, std::uint64_t size, Machine machine,
                   CoreNotes& notes);

}  // namespace osprey
