// A target that goes on after every copy.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <utility>

#include "osprey/target/memory.h"

namespace osprey {

// Calls `change` after every copy of ranges.
class ChangingMemory : public Memory {
 public:
  ChangingMemory(const Memory& memory, std::function<void()> change)
      : memory_(memory), change_(std::move(change)) {}
  Result<void> Read(Address from, std::span<std::byte> to) const override {
    return memory_.Read(from, to);
  }
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    auto arrived = memory_.ReadRanges(ranges, to);
    change_();
    return arrived;
  }

 private:
  const Memory& memory_;
  std::function<void()> change_;
};

}  // namespace osprey
