// A target whose memory holds anything and changes between two reads. The input is a list of 64-bit
// words; small ones stand for addresses inside the window, so that links lead somewhere.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "osprey/target/snapshot_memory.h"

namespace osprey {

inline constexpr Address kBase(0x100000);
inline constexpr std::size_t kWindow = 16384;

class FuzzMemory : public Memory {
 public:
  // `fixed` is there beside the window and does not change; the words behind the window's size
  // stand for `types` in it.
  FuzzMemory(const std::uint8_t* data, std::size_t size, const SnapshotMemory* fixed = nullptr,
             std::span<const Address> types = {})
      : bytes_(kWindow), fixed_(fixed) {
    // The input over and over, so that a short one fills the window with structures.
    for (std::size_t at = 0; at + 8 <= kWindow && size >= 8; at += 8) {
      std::uint64_t word;
      std::memcpy(&word, data + at % (size / 8 * 8), 8);
      if (word < kWindow) {
        word = kBase.value + word;
      } else if (word < kWindow + types.size()) {
        word = types[word - kWindow].value;
      }
      std::memcpy(bytes_.data() + at, &word, 8);
    }
  }

  Result<void> Read(Address from, std::span<std::byte> to) const override {
    const std::uint64_t offset = from - kBase;
    if (offset > kWindow || to.size() > kWindow - offset) {
      if (fixed_ != nullptr) return fixed_->Read(from, to);
      return Error{ErrorCode::kUnreadable, 0, from, "outside the window"};
    }
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
    return {};
  }

  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    std::size_t arrived = 0;
    for (const MemoryRange& range : ranges) {
      if (range.size > to.size() - arrived ||
          !Read(range.address, to.subspan(arrived, range.size))) {
        return arrived;
      }
      arrived += range.size;
      // Something moves while the ranges are copied.
      turn_ = turn_ * 1103515245 + 12345;
      bytes_[turn_ % kWindow] ^= std::byte{1};
    }
    return arrived;
  }

 private:
  mutable std::vector<std::byte> bytes_;
  const SnapshotMemory* fixed_;
  mutable std::uint32_t turn_ = 1;
};

}  // namespace osprey
