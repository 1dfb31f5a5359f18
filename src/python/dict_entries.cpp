#include "python/dict_entries.h"

namespace osprey {
namespace {

constexpr unsigned kMaxLog2 = 48;  // more than memory holds

Error Malformed(Address where, const char* what) {
  return Error{ErrorCode::kMalformed, 0, where, what};
}

}  // namespace

Result<DictEntries> LocateDictEntries(const Memory& memory, const Layout& layout, Address keys) {
  const auto& offsets = layout.dict;
  DictEntries entries;
  const auto count = memory.ReadAs<std::uint64_t>(keys + offsets.dk_nentries);
  if (!count) return count.error();
  entries.count = *count;
  std::uint64_t index_bytes = 0;
  if (offsets.log2_sizes) {
    const auto log2_bytes = memory.ReadAs<std::uint8_t>(keys + offsets.dk_log2_index_bytes);
    if (!log2_bytes) return log2_bytes.error();
    const auto kind = memory.ReadAs<std::uint8_t>(keys + offsets.dk_kind);
    if (!kind) return kind.error();
    if (*log2_bytes > kMaxLog2) return Malformed(keys, "a dict with too large an index");
    index_bytes = std::uint64_t{1} << *log2_bytes;
    entries.has_hash = *kind == 0;
  } else {
    const auto size = memory.ReadAs<std::uint64_t>(keys + offsets.dk_log2_size);
    if (!size) return size.error();
    if (*size >> kMaxLog2 != 0) return Malformed(keys, "a dict with too large an index");
    // Objects/dictobject.c, DK_IXSIZE.
    const std::uint64_t width = *size <= 0xFF         ? 1
                                : *size <= 0xFFFF     ? 2
                                : *size <= 0xFFFFFFFF ? 4
                                                      : 8;
    index_bytes = *size * width;
  }
  entries.first = keys + offsets.dk_indices + index_bytes;
  return entries;
}

}  // namespace osprey
