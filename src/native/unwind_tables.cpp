#include "osprey/native/unwind_tables.h"

#include <elf.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace osprey {
namespace {

// Linkers make fewer than 20 program headers.
constexpr std::size_t kMaxProgramHeaders = 128;
// A browser has some 500,000 functions in one file.
constexpr std::uint64_t kMaxCount = 1U << 24U;

// Pointer encodings (Linux Standard Base Core, "DWARF Exception Header Encoding").
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kRelativeToPlace = 0x10;
constexpr std::uint8_t kSigned4 = 0x0B;
constexpr std::uint8_t kUnsigned4 = 0x03;
constexpr std::uint8_t kRelativeToHeader = 0x30;

// The beginning of .eh_frame_hdr in the form that all linkers write.
struct TableHeader {
  std::uint8_t version;
  std::uint8_t frame_encoding;  // of the pointer to .eh_frame
  std::uint8_t count_encoding;
  std::uint8_t table_encoding;
  std::int32_t frame;
  std::uint32_t count;
};

Error Malformed(Address where, const char* what) {
  return Error{ErrorCode::kMalformed, 0, where, what};
}

Result<std::vector<Elf64_Phdr>> ReadProgramHeaders(const Memory& memory, Address start) {
  const auto header = memory.ReadAs<Elf64_Ehdr>(start);
  if (!header) return header.error();
  const bool is_elf = std::memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
                      header->e_ident[EI_CLASS] == ELFCLASS64 &&
                      header->e_ident[EI_DATA] == ELFDATA2LSB;
  if (!is_elf || header->e_phentsize != sizeof(Elf64_Phdr) ||
      header->e_phnum > kMaxProgramHeaders) {
    return Malformed(start, "no 64-bit ELF file");
  }
  std::vector<Elf64_Phdr> programs(header->e_phnum);
  const auto read =
      memory.Read(start + header->e_phoff, std::as_writable_bytes(std::span(programs)));
  if (!read) return read.error();
  return programs;
}

// Where the file begins that `mapping` shows a part of: the nearest mapping below of its first
// byte.
Address FileStart(const MemoryMap& map, const Mapping& mapping) {
  Address start;
  for (const Mapping& other : map.mappings()) {
    if (other.start > mapping.start) break;
    const bool is_same = other.device == mapping.device && other.inode == mapping.inode &&
                         other.path == mapping.path;
    if (is_same && other.file_offset == 0) start = other.start;
  }
  return start;
}

bool MayHaveTable(const Mapping& mapping) { return mapping.inode != 0 || mapping.path == "[vdso]"; }

}  // namespace

Result<UnwindTable> ReadUnwindTable(const Memory& memory, Address start) {
  const auto programs = ReadProgramHeaders(memory, start);
  if (!programs) return programs.error();
  const Elf64_Phdr* frames = nullptr;
  std::uint64_t first = UINT64_MAX;  // what `start` is in the file's own addresses
  for (const Elf64_Phdr& program : *programs) {
    if (program.p_type == PT_GNU_EH_FRAME) frames = &program;
    if (program.p_type == PT_LOAD && program.p_offset == 0) first = program.p_vaddr;
  }
  if (frames == nullptr || first == UINT64_MAX) {
    return Error{ErrorCode::kNotFound, 0, start, "the file has no unwind tables"};
  }
  const Address header = start + (frames->p_vaddr - first);
  const auto fields = memory.ReadAs<TableHeader>(header);
  if (!fields) return fields.error();
  const bool is_usual =
      fields->version == kVersion && fields->frame_encoding == (kRelativeToPlace | kSigned4) &&
      fields->count_encoding == kUnsigned4 &&
      fields->table_encoding == (kRelativeToHeader | kSigned4) && fields->count <= kMaxCount;
  if (!is_usual) return Malformed(header, "an unwind table of an unknown form");
  return UnwindTable{header, header + sizeof(TableHeader), fields->count};
}

Result<CodeRange> FindFunction(const Memory& memory, const UnwindTable& table, Address address) {
  struct Entry {
    std::int32_t function, description;  // from table.header
  };
  const auto from_header = [&table](std::int32_t distance) {
    return table.header + static_cast<std::uint64_t>(std::int64_t{distance});
  };
  // The last entry that begins at or below `address`.
  std::uint64_t first = 0;
  std::uint64_t last = table.count;
  Entry found{};
  while (first < last) {
    const std::uint64_t middle = first + (last - first) / 2;
    const auto entry = memory.ReadAs<Entry>(table.entries + middle * sizeof(Entry));
    if (!entry) return entry.error();
    if (from_header(entry->function) <= address) {
      found = *entry;
      first = middle + 1;
    } else {
      last = middle;
    }
  }
  const Error none{ErrorCode::kNotFound, 0, address, "no unwind table has it"};
  if (first == 0) return none;
  // Linux Standard Base Core, "The Frame Description Entry format", with 32-bit distances.
  struct Description {
    std::uint32_t length;
    std::uint32_t common;  // distance back to what it has in common with others
    std::int32_t function;
    std::uint32_t size;
  };
  const Address at = from_header(found.description);
  const auto description = memory.ReadAs<Description>(at);
  if (!description) return description.error();
  const Address start = from_header(found.function);
  const Address own = at + offsetof(Description, function) +
                      static_cast<std::uint64_t>(std::int64_t{description->function});
  if (description->length == UINT32_MAX || own != start) {
    return Malformed(at, "an unwind description of an unknown form");
  }
  const CodeRange range{start, start + description->size};
  if (!range.Contains(address)) return none;
  return range;
}

bool UnwindTables::Update(const Memory& memory, const MemoryMap& map) {
  std::map<Address, Code> codes;
  std::size_t kept = 0;
  for (const Mapping& mapping : map.mappings()) {
    if (!mapping.executable) continue;
    Code code{mapping.start, mapping.end, mapping.device, mapping.inode, mapping.file_offset, {}};
    const auto known = codes_.find(mapping.start);
    if (known != codes_.end() && known->second.IsSamePlace(code)) {
      code.table = known->second.table;
      ++kept;
    } else if (MayHaveTable(mapping)) {
      const Address start = FileStart(map, mapping);
      if (auto table = start.IsNull() ? Malformed(start, "") : ReadUnwindTable(memory, start)) {
        code.table = *table;
      }
    }
    codes.emplace(mapping.start, code);
  }
  const bool is_changed = kept != codes_.size();
  codes_ = std::move(codes);
  return is_changed;
}

const UnwindTables::Code* UnwindTables::Find(Address address) const {
  auto code = codes_.upper_bound(address);
  if (code == codes_.begin()) return nullptr;
  --code;
  return address < code->second.end ? &code->second : nullptr;
}

}  // namespace osprey
