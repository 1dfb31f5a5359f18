// Finds the symbols of an ELF file without section headers, as the dynamic linker does.
#pragma once

#include <elf.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "osprey/target/elf_file.h"
#include "target/file_bytes.h"

namespace osprey {

// A symbol table and the strings that it names.
struct SymbolTable {
  std::vector<Elf64_Sym> symbols;
  std::vector<char> strings;

  // The first defined symbol of that name that has an address (thread-local ones have none).
  std::optional<ElfSymbol> Find(std::string_view name) const;
  // Adds the defined functions whose names are `wanted`.
  void FindFunctions(const std::function<bool(std::string_view)>& wanted,
                     std::vector<ElfSymbol>& found) const;
};

// Where `address` lies in the file; none when no segment has bytes of the file there.
std::optional<std::uint64_t> FileOffset(std::span<const ElfSegment> segments, FileAddress address);

// The dynamic symbols that the PT_DYNAMIC segment at [offset, offset + size) of the file names;
// empty when it names none or lies.
SymbolTable ReadDynamicSymbols(const FileBytes& file, std::span<const ElfSegment> segments,
                               std::uint64_t offset, std::uint64_t size);

}  // namespace osprey
