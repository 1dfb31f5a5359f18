#include "osprey/native/split_function.h"

#include <cstdint>
#include <cstring>
#include <map>

namespace osprey {
namespace {

// CPython's largest, of debug builds, has 150 KB.
constexpr std::uint64_t kMaxBytes = 4U << 20U;
// What looks like a jump may be a piece of another instruction: it leads anywhere, and no four of
// them into one small function.
constexpr int kSurely = 4;

struct Jumps {
  CodeRange part;
  int count = 0;
  bool leads_inside = false;
};

}  // namespace

Result<std::vector<CodeRange>> FindSplitParts(const Memory& memory, const UnwindTable& table,
                                              CodeRange function) {
  const std::uint64_t size = function.end - function.start;
  if (size > kMaxBytes) {
    return Error{ErrorCode::kMalformed, 0, function.start, "a function too large to be one"};
  }
  std::vector<std::byte> code(size);
  if (auto read = memory.Read(function.start, code); !read) return read.error();
  std::map<Address, Jumps> jumps;  // by the part's start
  for (std::size_t i = 0; i + 6 <= code.size(); ++i) {
    // Jcc rel32: 0F 80 to 0F 8F and the distance (Intel SDM, volume 2, "Jcc"). A plain jump may as
    // well be the call of another function.
    if (code[i] != std::byte{0x0F} || (code[i + 1] & std::byte{0xF0}) != std::byte{0x80}) continue;
    std::int32_t distance = 0;
    std::memcpy(&distance, code.data() + i + 2, sizeof distance);
    const Address target =
        function.start + (i + 6) + static_cast<std::uint64_t>(std::int64_t{distance});
    if (function.Contains(target)) continue;
    const auto part = FindFunction(memory, table, target);
    if (!part || part->Contains(function.start)) continue;
    Jumps& found = jumps[part->start];
    found.part = *part;
    ++found.count;
    found.leads_inside = found.leads_inside || target != part->start;
  }
  std::vector<CodeRange> parts;
  for (const auto& [start, found] : jumps) {
    if (found.count >= kSurely && found.leads_inside) parts.push_back(found.part);
  }
  return parts;
}

}  // namespace osprey
