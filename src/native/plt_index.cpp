#include "native/plt_index.h"

#include <cstdint>
#include <cstring>
#include <string_view>

#include "native/symbol_index.h"

namespace osprey {
namespace {

// Sections are fewer than this in what is loaded: only objects have one for each function.
constexpr int kMaxSections = 1024;
// What linkers write: with or without room for endbr64 (ld(1), -z ibtplt).
constexpr std::size_t kSmallEntry = 8, kEntry = 16;

std::string_view NameOf(Elf* elf, const GElf_Shdr& header) {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return {};
  const char* name = elf_strptr(elf, names, header.sh_name);
  return name != nullptr ? name : "";
}

}  // namespace

void PltIndex::ReadRelocations(Elf* elf, Elf_Scn* section, const GElf_Shdr& header) const {
  Elf_Data* data = elf_getdata(section, nullptr);
  Elf_Scn* symbol_section = elf_getscn(elf, header.sh_link);
  GElf_Shdr symbol_header;
  if (data == nullptr || header.sh_entsize != sizeof(Elf64_Rela)) return;
  Elf_Data* symbols = nullptr;
  if (symbol_section != nullptr && gelf_getshdr(symbol_section, &symbol_header) != nullptr &&
      symbol_header.sh_type == SHT_DYNSYM) {
    symbols = elf_getdata(symbol_section, nullptr);
  }
  GElf_Rela each;
  for (int i = 0; gelf_getrela(data, i, &each) != nullptr; ++i) {
    const auto type = GELF_R_TYPE(each.r_info);
    if (type == R_X86_64_IRELATIVE) {
      slots_[each.r_offset] = {nullptr, static_cast<GElf_Addr>(each.r_addend)};
    }
    GElf_Sym symbol;
    if ((type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) || symbols == nullptr ||
        gelf_getsym(symbols, static_cast<int>(GELF_R_SYM(each.r_info)), &symbol) == nullptr) {
      continue;
    }
    const char* name = elf_strptr(elf, symbol_header.sh_link, symbol.st_name);
    if (name != nullptr && *name != 0) slots_[each.r_offset] = {name, 0};
  }
}

void PltIndex::Read() const {
  is_read_ = true;
  Elf* elf = dwfl_module_getelf(module_, &bias_);
  GElf_Ehdr file;
  if (elf == nullptr || gelf_getehdr(elf, &file) == nullptr || file.e_machine != EM_X86_64) return;
  Elf_Scn* section = nullptr;
  for (int i = 0; i < kMaxSections && (section = elf_nextscn(elf, section)) != nullptr; ++i) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || (header.sh_flags & SHF_ALLOC) == 0) continue;
    if (header.sh_type == SHT_RELA) ReadRelocations(elf, section, header);
    if (header.sh_type != SHT_PROGBITS || !NameOf(elf, header).starts_with(".plt")) continue;
    const Elf_Data* data = elf_rawdata(section, nullptr);
    if (data == nullptr || data->d_buf == nullptr) continue;
    const std::size_t entry = header.sh_entsize == kSmallEntry ? kSmallEntry : kEntry;
    sections_.push_back(
        {header.sh_addr, entry, {static_cast<const unsigned char*>(data->d_buf), data->d_size}});
  }
}

std::string PltIndex::Find(GElf_Addr address, const SymbolIndex& symbols) const {
  if (!is_read_) Read();
  const GElf_Addr wanted = address - bias_;
  for (const Section& section : sections_) {
    const GElf_Addr inside = wanted - section.start;  // wraps below it
    if (inside >= section.code.size()) continue;
    const std::size_t start = inside - inside % section.entry;
    // jmp *distance(%rip): FF 25 and a signed number of four bytes, from where the next begins.
    constexpr std::size_t kJump = 6;
    for (std::size_t at = start;
         at + kJump <= section.code.size() && at + kJump <= start + section.entry; ++at) {
      if (section.code[at] != 0xFF || section.code[at + 1] != 0x25) continue;
      std::int32_t distance = 0;
      std::memcpy(&distance, &section.code[at + 2], sizeof distance);
      const auto slot =
          slots_.find(section.start + at + kJump + static_cast<GElf_Addr>(std::int64_t{distance}));
      if (slot == slots_.end()) return {};
      if (slot->second.name != nullptr) return slot->second.name;
      return symbols.Find(slot->second.resolver + bias_);
    }
  }
  return {};
}

}  // namespace osprey
