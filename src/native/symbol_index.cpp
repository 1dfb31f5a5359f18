#include "native/symbol_index.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <tuple>

namespace osprey {
namespace {

// Symbols that overlap without being one function's are rare: aliases of a part, and labels.
constexpr int kMaxOverlaps = 64;

int RankOf(const GElf_Sym& symbol) {
  switch (GELF_ST_BIND(symbol.st_info)) {
    case STB_LOCAL:
      return 2;
    case STB_WEAK:
      return 1;
    default:
      return 0;
  }
}

bool MayBeCode(const GElf_Sym& symbol) {
  const auto type = GELF_ST_TYPE(symbol.st_info);
  return type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE;
}

// The end of the code section that a symbol lies in, in the file's addresses; 0: it is no code.
GElf_Addr SectionEnd(Elf* elf, GElf_Word index) {
  GElf_Shdr header;
  Elf_Scn* section = elf == nullptr ? nullptr : elf_getscn(elf, index);
  if (section == nullptr || gelf_getshdr(section, &header) == nullptr) return 0;
  return (header.sh_flags & SHF_EXECINSTR) != 0 ? header.sh_addr + header.sh_size : 0;
}

// Names that people write come first.
auto Plainness(const char* name) {
  const std::string_view text(name);
  const std::size_t letter = std::min(text.find_first_not_of('_'), text.size());
  return std::make_tuple(letter, text.size(), text);
}

}  // namespace

std::size_t SymbolIndex::count() const {
  return static_cast<std::size_t>(std::max(0, dwfl_module_getsymtab(module_)));
}

void SymbolIndex::Read() const {
  is_read_ = true;
  const std::size_t all = count();
  for (std::size_t i = 1; i < all; ++i) {
    GElf_Sym symbol;
    GElf_Addr start = 0;
    GElf_Word section = 0;
    Elf* elf = nullptr;
    Dwarf_Addr bias = 0;
    const char* name = dwfl_module_getsym_info(module_, static_cast<int>(i), &symbol, &start,
                                               &section, &elf, &bias);
    if (name == nullptr || *name == 0 || section == SHN_UNDEF || !MayBeCode(symbol)) continue;
    const bool has_size = symbol.st_size != 0;
    const GElf_Addr end = has_size ? start + symbol.st_size : SectionEnd(elf, section) + bias;
    if (end > start) entries_.push_back({start, end, 0, name, has_size, RankOf(symbol)});
  }
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    if (a.start != b.start) return a.start < b.start;
    if (a.has_size != b.has_size) return a.has_size;
    if (a.rank != b.rank) return a.rank < b.rank;
    return Plainness(a.name) < Plainness(b.name);
  });
  const auto same_start = [](const Entry& a, const Entry& b) { return a.start == b.start; };
  entries_.erase(std::unique(entries_.begin(), entries_.end(), same_start), entries_.end());
  GElf_Addr furthest = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (!entry.has_size && i + 1 < entries_.size()) {
      entry.end = std::min(entry.end, entries_[i + 1].start);
    }
    furthest = std::max(furthest, entry.end);
    entry.furthest = furthest;
  }
}

std::string SymbolIndex::Find(GElf_Addr address) const {
  if (!is_read_) Read();
  auto entry = std::upper_bound(entries_.begin(), entries_.end(), address,
                                [](GElf_Addr a, const Entry& e) { return a < e.start; });
  const Entry* found = nullptr;
  for (int i = 0; i < kMaxOverlaps && entry != entries_.begin(); ++i) {
    --entry;
    if (entry->furthest <= address) break;
    if (address >= entry->end) continue;
    if (entry->has_size || found == nullptr) found = &*entry;
    if (entry->has_size) break;
  }
  if (found == nullptr) return {};
  // "memcpy@@GLIBC_2.14" (ld(1), symbol versions); names of C++ and Rust have no '@'.
  const std::string_view name(found->name);
  return std::string(name.substr(0, std::max<std::size_t>(1, name.find('@'))));
}

}  // namespace osprey
