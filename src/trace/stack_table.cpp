#include "osprey/trace/stack_table.h"

#include <algorithm>

namespace osprey {

std::size_t StackTable::FrameHash::operator()(const Frame& f) const {
  const std::uint64_t names = (std::uint64_t{f.function.value} << 32) | f.file.value;
  const std::uint64_t rest = (std::uint64_t{f.line} << 8) | static_cast<std::uint64_t>(f.kind);
  // The odd constant is 2^64 / golden ratio (Knuth, TAOCP 3, 6.4): it spreads neighbouring lines.
  return std::hash<std::uint64_t>{}(names ^ (rest * 0x9E3779B97F4A7C15ULL));
}

StackTable::StackTable() { nodes_.push_back(Node{}); }

FrameId StackTable::InternFrame(const Frame& frame) {
  const auto [entry, is_new] =
      frame_ids_.try_emplace(frame, FrameId{static_cast<std::uint32_t>(frames_.size())});
  if (is_new) frames_.push_back(frame);
  return entry->second;
}

StackId StackTable::Push(StackId parent, FrameId frame) {
  const std::uint64_t key = (std::uint64_t{parent.value} << 32) | frame.value;
  const auto [entry, is_new] =
      children_.try_emplace(key, StackId{static_cast<std::uint32_t>(nodes_.size())});
  if (is_new) nodes_.push_back(Node{parent, frame});
  return entry->second;
}

std::vector<FrameId> StackTable::Frames(StackId id) const {
  std::vector<FrameId> frames;
  for (; id != kRootStack; id = nodes_[id.value].parent) frames.push_back(nodes_[id.value].frame);
  std::reverse(frames.begin(), frames.end());
  return frames;
}

}  // namespace osprey
