// A program's memory as far as it was copied in one moment.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "osprey/base/address.h"
#include "osprey/target/memory.h"
#include "osprey/target/memory_piece.h"

namespace osprey {

// What was not copied reads as zeros, so that whoever reads a whole region to find some of what
// lies in it finds just that. For readers that know what was copied.
class MomentMemory : public Memory {
 public:
  void Clear() { pieces_.clear(); }
  // `bytes` must stay where they are. Of what lies in two pieces the later holds.
  void Add(Address start, std::span<const std::byte> bytes) { pieces_.push_back({start, bytes}); }

  // Never fail, but for ReadRanges into a buffer that is too small (kInvalidArgument).
  Result<void> Read(Address from, std::span<std::byte> to) const override;
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override;

 private:
  std::vector<MemoryPiece> pieces_;
};

}  // namespace osprey
