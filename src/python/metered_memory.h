// A target's memory of which no more than so many bytes are read.
#pragma once

#include "osprey/target/memory.h"

namespace osprey {

class MeteredMemory : public Memory {
 public:
  MeteredMemory(const Memory& memory, std::size_t bytes) : memory_(memory), left_(bytes) {}

  // As those of the memory below; kUnreadable once the meter has run out.
  Result<void> Read(Address from, std::span<std::byte> to) const override {
    if (auto taken = Take(from, to.size()); !taken) return taken;
    return memory_.Read(from, to);
  }
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    if (auto taken = Take(Address{}, to.size()); !taken) return taken.error();
    return memory_.ReadRanges(ranges, to);
  }

  // Whether something was not read because of the meter.
  bool is_spent() const { return is_spent_; }

 private:
  Result<void> Take(Address from, std::size_t bytes) const {
    // A read of nothing counts as well: it takes time.
    const std::size_t cost = bytes + 8;
    if (is_spent_ || cost > left_) {
      is_spent_ = true;
      return Error{ErrorCode::kUnreadable, 0, from, "more than may be read"};
    }
    left_ -= cost;
    return {};
  }

  const Memory& memory_;
  mutable std::size_t left_;
  mutable bool is_spent_ = false;
};

}  // namespace osprey
