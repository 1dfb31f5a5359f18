// Copies of chosen pieces of a target's memory, taken together and then read at leisure.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "osprey/target/memory.h"

namespace osprey {

// The list of pieces is learned once and refilled for every sample: one system call while they
// take at most 1024 ranges. As a Memory it serves whatever its pieces hold, so that recorded
// memory stands in for a live process.
class SnapshotMemory : public Memory {
 public:
  // Forgets all pieces.
  void Clear();
  // Adds a piece to be copied after the ones before it; returns its index.
  std::size_t Add(MemoryRange piece);
  // The same for a piece that may be copied at one time with the one before: where both lie in one
  // page, in this order and at most 1 KiB apart, they are one range. The kernel takes some
  // hundred nanoseconds for a range, and some ten for that much more in one.
  std::size_t AddNear(MemoryRange piece);
  // Adds a piece that holds `bytes` already.
  std::size_t Put(Address address, std::span<const std::byte> bytes);

  // Copies all pieces from the `first` on anew, in their order. Returns the index behind the last
  // that arrived whole: fewer than size() means that the one of that index, or one that shares its
  // range, could not be read, and those behind it were not tried. kNoSuchProcess and kNotPermitted
  // come back as errors.
  Result<std::size_t> Refill(const Memory& source, std::size_t first = 0);
  // The same with `bytes` that somebody else has copied: of all ranges in their order, or of as
  // many as could be read.
  std::size_t Accept(std::span<const std::byte> bytes);

  std::size_t size() const { return pieces_.size(); }
  const MemoryRange& piece(std::size_t index) const { return pieces_[index].range; }
  const std::byte* View(std::size_t index) const { return bytes_.data() + pieces_[index].offset; }
  // What is copied, one after the other.
  std::span<const MemoryRange> ranges() const { return ranges_; }
  std::size_t total_bytes() const { return bytes_.size(); }

  Result<void> Read(Address from, std::span<std::byte> to) const override;
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override;

 private:
  struct Piece {
    MemoryRange range;
    std::size_t offset = 0;  // in bytes_
    std::size_t copied = 0;  // the index of its range
  };
  struct Place {
    std::size_t offset = 0;       // in bytes_
    std::size_t first_piece = 0;  // that lies in it
  };

  std::vector<Piece> pieces_;
  std::vector<MemoryRange> ranges_;
  std::vector<Place> places_;  // of the ranges
  std::vector<std::byte> bytes_;
};

}  // namespace osprey
