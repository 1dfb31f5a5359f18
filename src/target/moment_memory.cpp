#include "osprey/target/moment_memory.h"

#include <algorithm>
#include <cstring>

#include "osprey/target/read_one_by_one.h"

namespace osprey {

Result<void> MomentMemory::Read(Address from, std::span<std::byte> to) const {
  std::fill(to.begin(), to.end(), std::byte{0});
  for (const MemoryPiece& piece : pieces_) {
    // One of them begins inside the other, if they meet at all.
    const std::uint64_t ahead = piece.start - from;
    const std::uint64_t inside = from - piece.start;
    if (ahead < to.size()) {
      const auto at = static_cast<std::size_t>(ahead);
      std::memcpy(to.data() + at, piece.bytes.data(), std::min(to.size() - at, piece.bytes.size()));
    } else if (inside < piece.bytes.size()) {
      const auto at = static_cast<std::size_t>(inside);
      std::memcpy(to.data(), piece.bytes.data() + at, std::min(to.size(), piece.bytes.size() - at));
    }
  }
  return {};
}

Result<std::size_t> MomentMemory::ReadRanges(std::span<const MemoryRange> ranges,
                                             std::span<std::byte> to) const {
  return ReadOneByOne(*this, ranges, to);
}

}  // namespace osprey
