// Copies of chosen pieces of a target's memory, taken together and then read at leisure.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "osprey/target/memory.h"

namespace osprey {

// The list of ranges is learned once and refilled for every sample: one system call while there
// are at most 1024 of them. As a Memory it serves whatever its ranges hold, so that recorded
// memory stands in for a live process.
class SnapshotMemory : public Memory {
 public:
  // Forgets all ranges.
  void Clear();
  // Adds a range to be copied after the ones before it; returns its index.
  std::size_t Add(MemoryRange range);
  // Adds a range that holds `bytes` already.
  std::size_t Put(Address address, std::span<const std::byte> bytes);

  // Copies all ranges from the `first` on anew, in their order. Returns the index behind the last
  // that arrived whole: fewer than size() means that the one of that index could not be read, and
  // those behind it were not tried. kNoSuchProcess and kNotPermitted come back as errors.
  Result<std::size_t> Refill(const Memory& source, std::size_t first = 0);
  // The same with `bytes` that somebody else has copied: of all ranges in their order, or of as
  // many as could be read.
  std::size_t Accept(std::span<const std::byte> bytes);

  std::size_t size() const { return ranges_.size(); }
  const MemoryRange& range(std::size_t index) const { return ranges_[index]; }
  const std::byte* View(std::size_t index) const { return bytes_.data() + offsets_[index]; }
  std::size_t total_bytes() const { return bytes_.size(); }

  Result<void> Read(Address from, std::span<std::byte> to) const override;
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override;

 private:
  std::vector<MemoryRange> ranges_;
  std::vector<std::size_t> offsets_;
  std::vector<std::byte> bytes_;
};

}  // namespace osprey
