#include "native/function_starts.h"

#include <elf.h>
#include <fmt/format.h>
#include <gelf.h>

#include <algorithm>
#include <cstring>

namespace osprey {
namespace {

// The header of .eh_frame_hdr as ld and lld write it: version 1, a 4-byte distance to .eh_frame,
// the number of entries, and entries of two 32-bit distances from the header.
struct Header {
  std::uint8_t version, frames_encoding, count_encoding, table_encoding;
  std::int32_t frames;
  std::uint32_t count;
};
constexpr std::uint8_t kUnsigned4 = 0x03;          // DW_EH_PE_udata4
constexpr std::uint8_t kSigned4FromHeader = 0x3b;  // DW_EH_PE_datarel | DW_EH_PE_sdata4
struct Entry {
  std::int32_t function, description;
};

std::vector<std::uint64_t> ReadStarts(Elf* elf, const GElf_Phdr& segment) {
  Elf_Data* data = elf_getdata_rawchunk(elf, static_cast<std::int64_t>(segment.p_offset),
                                        segment.p_filesz, ELF_T_BYTE);
  Header header;
  if (data == nullptr || data->d_size < sizeof header) return {};
  std::memcpy(&header, data->d_buf, sizeof header);
  if (header.version != 1 || header.count_encoding != kUnsigned4 ||
      header.table_encoding != kSigned4FromHeader) {
    return {};
  }
  const std::size_t room = (data->d_size - sizeof header) / sizeof(Entry);
  std::vector<Entry> entries(std::min<std::size_t>(header.count, room));
  if (entries.empty()) return {};
  std::memcpy(entries.data(), static_cast<const std::byte*>(data->d_buf) + sizeof header,
              entries.size() * sizeof(Entry));
  std::vector<std::uint64_t> starts;
  starts.reserve(entries.size());
  for (const Entry& entry : entries) {
    starts.push_back(segment.p_vaddr + static_cast<std::uint64_t>(std::int64_t{entry.function}));
  }
  std::sort(starts.begin(), starts.end());
  return starts;
}

}  // namespace

FunctionStarts::FunctionStarts(Dwfl_Module* module) {
  GElf_Addr bias = 0;
  Elf* elf = dwfl_module_getelf(module, &bias);
  std::size_t count = 0;
  if (elf == nullptr || elf_getphdrnum(elf, &count) != 0) return;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) continue;
    if (segment.p_type == PT_GNU_EH_FRAME) starts_ = ReadStarts(elf, segment);
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0) {
      code_.emplace_back(segment.p_vaddr, segment.p_vaddr + segment.p_memsz);
    }
  }
}

std::string FunctionStarts::NameOf(std::uint64_t address) const {
  const bool is_code = std::any_of(code_.begin(), code_.end(), [address](const Range& range) {
    return address >= range.first && address < range.second;
  });
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), address);
  if (!is_code || after == starts_.begin()) return {};
  return fmt::format("{:#x}", *(after - 1));
}

}  // namespace osprey
