// Which function the entries of a file's procedure linkage table jump to.
#pragma once

#include <elfutils/libdwfl.h>

#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace osprey {

class SymbolIndex;

// For x86-64: each entry jumps to where a slot of the global offset table says, and a relocation
// says of the slot whose address it gets (System V ABI, AMD64 supplement, 5.2). No symbol table has
// these entries, and calls between libraries spend time in them.
class PltIndex {
 public:
  // `module` must outlive this; its sections are read when the first address is asked for.
  explicit PltIndex(Dwfl_Module* module) : module_(module) {}

  // The symbol, not demangled, that the entry at `address` leads to; empty where there is none.
  // `symbols` has the names of functions that choose their implementation when they are loaded.
  std::string Find(GElf_Addr address, const SymbolIndex& symbols) const;

 private:
  struct Section {
    GElf_Addr start;
    std::size_t entry;  // bytes
    std::span<const unsigned char> code;
  };
  struct Slot {
    const char* name;    // null: it has no symbol
    GElf_Addr resolver;  // STT_GNU_IFUNC's
  };
  void Read() const;
  void ReadRelocations(Elf* elf, Elf_Scn* section, const GElf_Shdr& header) const;

  Dwfl_Module* module_;
  mutable bool is_read_ = false;
  mutable GElf_Addr bias_ = 0;
  mutable std::vector<Section> sections_;
  mutable std::unordered_map<GElf_Addr, Slot> slots_;
};

}  // namespace osprey
