// Counts samples by stack and state: small and constant work for each.
#pragma once

#include <cstdint>
#include <vector>

#include "osprey/tui/slice.h"

namespace osprey {

class StackCounts {
 public:
  void Add(StackId stack, std::uint8_t state, std::uint64_t count);
  // Every stack and state once, in the order in which they were first seen.
  const std::vector<StackCount>& counts() const { return counts_; }
  // Gives the counts away and begins anew; linear in those.
  std::vector<StackCount> Take();

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  std::vector<StackCount> counts_;
  std::vector<std::uint32_t> next_;   // of the same stack, with another state
  std::vector<std::uint32_t> first_;  // by StackId
};

}  // namespace osprey
