// A thread's stack as it was at one moment, before all else that its memory has now.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "osprey/base/address.h"
#include "osprey/target/memory.h"

namespace osprey {

// As a Memory it serves what lies in the copy from the copy and everything else, the unwind tables
// for one, from the target as it is.
class StackCopy : public Memory {
 public:
  // `memory` must outlive this.
  explicit StackCopy(const Memory& memory) : memory_(memory) {}

  // Copies up to `size` bytes from `start` on, or as many as are mapped there: stacks end
  // somewhere. Errors as Memory::Read, when not even the first page can be read.
  Result<void> Take(Address start, std::size_t size);
  // What somebody else has copied.
  void Put(Address start, std::span<const std::byte> bytes) {
    start_ = start;
    bytes_.assign(bytes.begin(), bytes.end());
  }
  std::size_t size() const { return bytes_.size(); }
  Address start() const { return start_; }
  std::span<const std::byte> bytes() const { return bytes_; }

  Result<void> Read(Address from, std::span<std::byte> to) const override;
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override;

 private:
  const Memory& memory_;
  Address start_;
  std::vector<std::byte> bytes_;
};

}  // namespace osprey
