#include "target/core_file.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>

namespace osprey {
namespace {

// libelf is of no use here: it refuses the headers of files that are cut off behind them.

// A process may have 65,530 mappings unless the administrator allows more.
constexpr std::uint64_t kMaxSegments = std::uint64_t{1} << 20;

Error Malformed(const std::string& name, std::string_view what) {
  return Error{ErrorCode::kMalformed, 0, Address{}, fmt::format("{}: {}", name, what)};
}

Error Unsupported(const std::string& name, std::string_view what) {
  return Error{ErrorCode::kUnsupported, 0, Address{}, fmt::format("{}: {}", name, what)};
}

// systemd-coredump keeps core files compressed. The program that undoes it, else empty.
std::string_view Decompressor(const FileBytes& file) {
  struct Kind {
    std::string_view magic, program;
  };
  constexpr std::array<Kind, 4> kKinds = {{{"\x28\xB5\x2F\xFD", "zstd -d"},
                                           {"\x04\x22\x4D\x18", "lz4 -d"},
                                           {"\xFD\x37\x7A\x58", "xz -d"},
                                           {"\x1F\x8B\x08", "gzip -d"}}};
  std::array<char, 4> begin{};
  if (!file.Read(0, std::as_writable_bytes(std::span(begin)))) return {};
  for (const Kind& kind : kKinds) {
    if (std::string_view(begin.data(), begin.size()).starts_with(kind.magic)) return kind.program;
  }
  return {};
}

Result<Machine> CheckHeader(const FileBytes& file, const Elf64_Ehdr& header,
                            const std::string& name) {
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    if (const auto program = Decompressor(file); !program.empty()) {
      return Malformed(name, fmt::format("compressed; `{}` or `coredumpctl dump -o FILE` makes a "
                                         "core file of it",
                                         program));
    }
    return Malformed(name, "not a core file");
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return Unsupported(name, "not the core file of a 64-bit little-endian machine");
  }
  if (header.e_type != ET_CORE) {
    return Malformed(name, "a program or library, not a core file");
  }
  if (header.e_machine == EM_X86_64) return Machine::kX64;
  if (header.e_machine == EM_AARCH64) return Machine::kAarch64;
  return Unsupported(name, "the core file of another machine than x86-64 and aarch64");
}

// More than 65,534 segments do not fit into e_phnum (elf(5), PN_XNUM): the first section header has
// the number. A kernel writes that one at the very end, so that a file that is cut lacks it; but it
// puts the notes right behind the program headers.
std::optional<std::uint64_t> CountSegments(const FileBytes& file, const Elf64_Ehdr& header) {
  if (header.e_phnum != PN_XNUM) return header.e_phnum;
  Elf64_Shdr section;
  if (header.e_shoff != 0 &&
      file.Read(header.e_shoff, std::as_writable_bytes(std::span(&section, 1)))) {
    return section.sh_info;
  }
  Elf64_Phdr first;
  if (!file.Read(header.e_phoff, std::as_writable_bytes(std::span(&first, 1))) ||
      first.p_type != PT_NOTE || first.p_offset < header.e_phoff) {
    return std::nullopt;
  }
  return (first.p_offset - header.e_phoff) / sizeof first;
}

}  // namespace

Result<CoreFile> ReadCoreFile(const FileBytes& file, const std::string& name) {
  Elf64_Ehdr header;
  if (file.size() == 0) return Malformed(name, "empty");
  if (!file.Read(0, std::as_writable_bytes(std::span(&header, 1)))) {
    return Malformed(name, Decompressor(file).empty() ? "not a core file, or cut off at its begin"
                                                      : "compressed");
  }
  auto machine = CheckHeader(file, header, name);
  if (!machine) return machine.error();
  const auto count = CountSegments(file, header);
  if (!count || header.e_phentsize != sizeof(Elf64_Phdr)) {
    return Malformed(name, "its program headers are broken");
  }
  if (*count > kMaxSegments) return Malformed(name, "it has too many segments");
  const auto programs = file.ReadArray<Elf64_Phdr>(header.e_phoff, *count);
  if (!programs) {
    return Malformed(name, "cut off in its headers: nothing of the program's memory is in it");
  }

  CoreFile core;
  core.machine = *machine;
  for (const Elf64_Phdr& program : *programs) {
    const std::uint64_t end = program.p_offset + program.p_filesz;
    if (end < program.p_offset) return Malformed(name, "its program headers are broken");
    if (end > file.size()) core.missing = std::max(core.missing, end - file.size());
    if (program.p_type == PT_NOTE) {
      ReadCoreNotes(file, program.p_offset, program.p_filesz, core.machine, core.notes);
    }
    if (program.p_type != PT_LOAD || program.p_memsz == 0) continue;
    if (program.p_vaddr + program.p_memsz < program.p_vaddr) continue;  // around the address space
    CoreSegment segment;
    segment.start = Address(program.p_vaddr);
    segment.memory_size = program.p_memsz;
    segment.file_offset = program.p_offset;
    segment.file_size = std::min(program.p_filesz, program.p_memsz);
    segment.readable = (program.p_flags & PF_R) != 0;
    segment.writable = (program.p_flags & PF_W) != 0;
    segment.executable = (program.p_flags & PF_X) != 0;
    core.segments.push_back(segment);
  }
  return core;
}

}  // namespace osprey
