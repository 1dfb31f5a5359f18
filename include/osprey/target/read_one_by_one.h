// Memory::ReadRanges for memories that stand still, where one range after the other is as good.
#pragma once

#include "osprey/target/memory.h"

namespace osprey {

// As Memory::ReadRanges, by `memory`'s Read. kInvalidArgument where `to` is too small.
inline Result<std::size_t> ReadOneByOne(const Memory& memory, std::span<const MemoryRange> ranges,
                                        std::span<std::byte> to) {
  std::size_t arrived = 0;
  for (const MemoryRange& range : ranges) {
    if (range.size > to.size() - arrived) {
      return Error{ErrorCode::kInvalidArgument, 0, range.address, "the buffer is too small"};
    }
    if (auto read = memory.Read(range.address, to.subspan(arrived, range.size)); !read) {
      if (arrived == 0) return read.error();
      return arrived;
    }
    arrived += range.size;
  }
  return arrived;
}

}  // namespace osprey
