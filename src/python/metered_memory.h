// A target's memory of which no more than so many bytes are read, and for no longer than allowed.
#pragma once

#include <functional>
#include <utility>

#include "osprey/target/memory.h"

namespace osprey {

class MeteredMemory : public Memory {
 public:
  // `is_over`, where there is one, is asked now and then whether no more shall be read.
  MeteredMemory(const Memory& memory, std::size_t bytes, std::function<bool()> is_over = {})
      : memory_(memory), left_(bytes), is_over_(std::move(is_over)) {}

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
    // A clock takes about as long as a read of what is in the cache.
    constexpr unsigned kReadsBetween = 64;
    if (is_over_ && ++reads_ % kReadsBetween == 0 && is_over_()) is_spent_ = true;
    return {};
  }

  const Memory& memory_;
  mutable std::size_t left_;
  std::function<bool()> is_over_;
  mutable unsigned reads_ = 0;
  mutable bool is_spent_ = false;
};

}  // namespace osprey
