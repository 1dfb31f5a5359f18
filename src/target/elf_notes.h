// The notes of an ELF file (elf(5), Nhdr), one after the other.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace osprey {

struct ElfNote {
  std::uint32_t type = 0;
  std::string_view name;  // without its NUL
  std::span<const std::byte> description;
};

// How many bytes a name or description of `size` takes. What is written so that 64-bit words are
// aligned (PT_GNU_PROPERTY alone) holds no note that is looked for here.
inline std::uint64_t PaddedNoteSize(std::uint32_t size) {
  return (std::uint64_t{size} + 3) & ~3ULL;
}

// Takes the next note off the front; none when what is left is no whole note.
inline std::optional<ElfNote> TakeNote(std::span<const std::byte>& notes) {
  Elf64_Nhdr header;
  if (notes.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, notes.data(), sizeof header);
  const std::uint64_t name_end = sizeof header + PaddedNoteSize(header.n_namesz);
  const std::uint64_t end = name_end + header.n_descsz;
  if (end > notes.size()) return std::nullopt;
  ElfNote note;
  note.type = header.n_type;
  note.name = std::string_view(reinterpret_cast<const char*>(notes.data()) + sizeof header,
                               header.n_namesz);
  if (note.name.ends_with('\0')) note.name.remove_suffix(1);
  note.description = notes.subspan(name_end, header.n_descsz);
  const std::uint64_t next = name_end + PaddedNoteSize(header.n_descsz);
  notes = notes.subspan(next < notes.size() ? next : notes.size());
  return note;
}

// The build ID among `notes` in hexadecimal, as `readelf -n` prints it; empty where there is none.
std::string FindBuildId(std::span<const std::byte> notes);

}  // namespace osprey
