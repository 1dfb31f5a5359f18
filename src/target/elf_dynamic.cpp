#include "target/elf_dynamic.h"

#include <algorithm>
#include <array>

namespace osprey {
namespace {

// A dynamic section has some 30 entries; more than this many are not read.
constexpr std::uint64_t kMaxDynamicEntries = 4096;
// The largest libraries (browsers, LLVM) have a few hundred thousand dynamic symbols.
constexpr std::uint64_t kMaxSymbols = std::uint64_t{1} << 24;
constexpr std::uint64_t kMaxStringBytes = std::uint64_t{1} << 30;

// What the dynamic section says, as file addresses; 0: not said.
struct DynamicEntries {
  std::uint64_t symbols = 0;
  std::uint64_t strings = 0;
  std::uint64_t strings_size = 0;
  std::uint64_t hash = 0;
  std::uint64_t gnu_hash = 0;
};

DynamicEntries ReadEntries(const FileBytes& file, std::uint64_t offset, std::uint64_t size) {
  DynamicEntries entries;
  const auto all =
      file.ReadArray<Elf64_Dyn>(offset, std::min(size / sizeof(Elf64_Dyn), kMaxDynamicEntries));
  if (!all) return entries;
  for (const Elf64_Dyn& entry : *all) {
    switch (entry.d_tag) {
      case DT_NULL:
        return entries;
      case DT_SYMTAB:
        entries.symbols = entry.d_un.d_ptr;
        break;
      case DT_STRTAB:
        entries.strings = entry.d_un.d_ptr;
        break;
      case DT_STRSZ:
        entries.strings_size = entry.d_un.d_val;
        break;
      case DT_HASH:
        entries.hash = entry.d_un.d_ptr;
        break;
      case DT_GNU_HASH:
        entries.gnu_hash = entry.d_un.d_ptr;
        break;
      default:
        break;
    }
  }
  return entries;
}

// The table says no count itself: the classic hash table has it in its second word.
std::uint64_t CountByHash(const FileBytes& file, std::uint64_t offset) {
  std::array<std::uint32_t, 2> header{};  // buckets, symbols
  return file.Read(offset, std::as_writable_bytes(std::span(header))) ? header[1] : 0;
}

// The GNU hash table has it nowhere: the last symbol ends the chain of the highest bucket.
std::uint64_t CountByGnuHash(const FileBytes& file, std::uint64_t offset) {
  std::array<std::uint32_t, 4> header{};  // buckets, first hashed symbol, bloom words, bloom shift
  if (!file.Read(offset, std::as_writable_bytes(std::span(header)))) return 0;
  const std::uint64_t buckets_at = offset + sizeof header + std::uint64_t{header[2]} * 8;
  const auto buckets = file.ReadArray<std::uint32_t>(buckets_at, header[0]);
  if (!buckets || buckets->empty()) return 0;
  const std::uint64_t first = header[1];
  std::uint64_t last = *std::max_element(buckets->begin(), buckets->end());
  if (last < first) return first;  // nothing is hashed

  const std::uint64_t chains_at = buckets_at + std::uint64_t{header[0]} * 4;
  for (; last < kMaxSymbols; ++last) {
    std::uint32_t hash = 0;
    const std::uint64_t at = chains_at + (last - first) * 4;
    if (!file.Read(at, std::as_writable_bytes(std::span(&hash, 1)))) return 0;
    if ((hash & 1) != 0) return last + 1;  // the low bit ends a chain
  }
  return 0;
}

}  // namespace

std::optional<ElfSymbol> SymbolTable::Find(std::string_view name) const {
  for (const Elf64_Sym& symbol : symbols) {
    if (symbol.st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol.st_info) == STT_TLS ||
        ELF64_ST_TYPE(symbol.st_info) == STT_FILE) {
      continue;
    }
    const std::size_t at = symbol.st_name;
    if (at >= strings.size() || name.size() >= strings.size() - at) continue;
    if (std::string_view(strings.data() + at, name.size()) == name &&
        strings[at + name.size()] == '\0') {
      return ElfSymbol{FileAddress{symbol.st_value}, symbol.st_size};
    }
  }
  return std::nullopt;
}

void SymbolTable::FindFunctions(const std::function<bool(std::string_view)>& wanted,
                                std::vector<ElfSymbol>& found) const {
  for (const Elf64_Sym& symbol : symbols) {
    if (symbol.st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol.st_info) != STT_FUNC) continue;
    const std::size_t at = symbol.st_name;
    if (at >= strings.size()) continue;
    const std::string_view rest(strings.data() + at, strings.size() - at);
    if (!wanted(rest.substr(0, rest.find('\0')))) continue;
    found.push_back({FileAddress{symbol.st_value}, symbol.st_size});
  }
}

std::optional<std::uint64_t> FileOffset(std::span<const ElfSegment> segments, FileAddress address) {
  for (const ElfSegment& segment : segments) {
    const std::uint64_t inside = address.value - segment.address.value;  // wraps below it
    if (inside < segment.file_size) return segment.file_offset + inside;
  }
  return std::nullopt;
}

SymbolTable ReadDynamicSymbols(const FileBytes& file, std::span<const ElfSegment> segments,
                               std::uint64_t offset, std::uint64_t size) {
  const DynamicEntries entries = ReadEntries(file, offset, size);
  const auto symbols_at = FileOffset(segments, FileAddress{entries.symbols});
  const auto strings_at = FileOffset(segments, FileAddress{entries.strings});
  if (entries.symbols == 0 || entries.strings == 0 || !symbols_at || !strings_at) return {};

  std::uint64_t count = 0;
  if (entries.hash != 0) {
    if (auto at = FileOffset(segments, FileAddress{entries.hash})) count = CountByHash(file, *at);
  }
  if (count == 0 && entries.gnu_hash != 0) {
    if (auto at = FileOffset(segments, FileAddress{entries.gnu_hash})) {
      count = CountByGnuHash(file, *at);
    }
  }
  if (count == 0 || count > kMaxSymbols || entries.strings_size > kMaxStringBytes) return {};
  auto symbols = file.ReadArray<Elf64_Sym>(*symbols_at, count);
  auto strings = file.ReadArray<char>(*strings_at, entries.strings_size);
  if (!symbols || !strings) return {};
  return SymbolTable{std::move(*symbols), std::move(*strings)};
}

}  // namespace osprey
