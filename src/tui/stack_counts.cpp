#include "osprey/tui/stack_counts.h"

#include <utility>

namespace osprey {

void StackCounts::Add(StackId stack, std::uint8_t state, std::uint64_t count) {
  if (stack.value >= first_.size()) first_.resize(stack.value + 1, kNone);
  for (std::uint32_t i = first_[stack.value]; i != kNone; i = next_[i]) {
    if (counts_[i].state != state) continue;
    counts_[i].count += count;
    return;
  }
  next_.push_back(first_[stack.value]);
  first_[stack.value] = static_cast<std::uint32_t>(counts_.size());
  counts_.push_back({stack, state, count});
}

std::vector<StackCount> StackCounts::Take() {
  for (const StackCount& each : counts_) first_[each.stack.value] = kNone;
  next_.clear();
  return std::exchange(counts_, {});
}

}  // namespace osprey
