#include "osprey/sampler/frame_slot.h"

#include <algorithm>
#include <cstring>

namespace osprey {

std::optional<std::uint64_t> StackBytes::WordAt(Address address) const {
  const std::uint64_t inside = address - start;
  if (inside >= bytes.size() || bytes.size() - inside < sizeof(std::uint64_t)) return std::nullopt;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + inside, sizeof word);
  return word;
}

void FrameSlot::Learn(std::span<const Pair> pairs, const StackBytes& stack) {
  if (is_learned() || tries_ == kTries) return;
  for (const Pair& pair : pairs) {
    if (std::find(seen_.begin(), seen_.end(), pair.frame) != seen_.end()) continue;
    if (seen_.empty()) {
      for (std::uint64_t d = 8; d <= std::min(pair.end - pair.start, kPart); d += 8) {
        candidates_.push_back(d);
      }
    }
    std::erase_if(candidates_, [&](std::uint64_t distance) {
      return stack.WordAt(pair.end - distance) != pair.frame.value;
    });
    seen_.push_back(pair.frame);
    if (!candidates_.empty()) continue;
    seen_.clear();
    ++tries_;
    return;
  }
}

bool FrameSlot::Holds(Address end, Address frame, const StackBytes& stack) const {
  return is_learned() && stack.WordAt(end - candidates_.front()) == frame.value;
}

}  // namespace osprey
