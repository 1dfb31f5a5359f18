#include "target/loaded_headers.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "target/elf_notes.h"

namespace osprey {
namespace {

// Linkers make fewer than 20 program headers.
constexpr std::size_t kMaxProgramHeaders = 128;
// The build ID stands in a segment of notes with little else: some hundred bytes.
constexpr std::uint64_t kMaxNotes = 4096;

// `start` shows the file from its first byte on.
std::string ReadBuildId(const Memory& memory, Address start,
                        const std::vector<Elf64_Phdr>& programs) {
  for (const Elf64_Phdr& program : programs) {
    if (program.p_type != PT_NOTE) continue;
    // A linker puts it into the first pages, so that file offsets lead to it.
    std::vector<std::byte> notes(std::min(program.p_filesz, kMaxNotes));
    if (!memory.Read(start + program.p_offset, notes)) continue;
    if (auto id = FindBuildId(notes); !id.empty()) return id;
  }
  return {};
}

}  // namespace

LoadedHeaders ReadLoadedHeaders(const Memory& memory, const Module& module) {
  LoadedHeaders loaded;
  const auto first = std::find_if(module.mappings.begin(), module.mappings.end(),
                                  [](const Mapping& m) { return m.file_offset == 0; });
  if (first == module.mappings.end()) return loaded;
  const auto header = memory.ReadAs<Elf64_Ehdr>(first->start);
  if (!header) return loaded;
  loaded.is_known = true;
  loaded.is_elf =
      std::memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_ident[EI_CLASS] == ELFCLASS64;
  const auto* header_bytes = reinterpret_cast<const std::byte*>(&*header);
  loaded.bytes.assign(header_bytes, header_bytes + sizeof *header);
  if (!loaded.is_elf || header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum == 0 ||
      header->e_phnum > kMaxProgramHeaders) {
    return loaded;
  }
  std::vector<Elf64_Phdr> programs(header->e_phnum);
  const std::span program_bytes = std::as_writable_bytes(std::span(programs));
  if (!memory.Read(first->start + header->e_phoff, program_bytes)) return loaded;
  if (header->e_phoff == sizeof *header) {
    loaded.bytes.insert(loaded.bytes.end(), program_bytes.begin(), program_bytes.end());
  }
  loaded.build_id = ReadBuildId(memory, first->start, programs);
  return loaded;
}

}  // namespace osprey
