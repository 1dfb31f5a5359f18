// Refills several snapshots with as few system calls as they fit into.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "osprey/target/snapshot_memory.h"

namespace osprey {

// A system call costs as much as a handful of ranges: snapshots of many threads share one. The
// ranges of one snapshot still stand side by side in it, in their order, so that they are as close
// to each other in time as in a call of their own.
class SharedRefill {
 public:
  // Refills all of `snapshots` anew. The result has one entry for each, in their order, and holds
  // until the next call: how many of its ranges arrived whole, as SnapshotMemory::Refill says. One
  // that could not be read costs the others nothing but a further system call. kNoSuchProcess and
  // kNotPermitted come back as errors.
  Result<std::span<const std::size_t>> Refill(std::span<SnapshotMemory* const> snapshots,
                                              const Memory& source);

 private:
  // One call for the first of `snapshots`, as many as it takes; adds at least one result.
  Result<void> RefillSome(std::span<SnapshotMemory* const> snapshots, const Memory& source);
  void HandOut(std::span<SnapshotMemory* const> snapshots, std::size_t arrived);

  std::vector<MemoryRange> ranges_;
  std::vector<std::byte> bytes_;
  std::vector<std::size_t> results_;
};

}  // namespace osprey
