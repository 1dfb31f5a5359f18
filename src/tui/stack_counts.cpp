#include "osprey/tui/stack_counts.h"

#include <utility>

namespace osprey {

std::uint8_t StateBitsOf(const Sample& sample) {
  unsigned bits = 0;
  if (sample.state.on_cpu) bits |= kOnCpu;
  if (sample.state.holds_gil) bits |= kHoldsGil;
  if (sample.state.waits_for_gil) bits |= kWaitsForGil;
  if (sample.is_waiting_task) bits |= kWaitingTask;
  return static_cast<std::uint8_t>(bits);
}

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
