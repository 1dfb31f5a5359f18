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

StackTable::News StackTable::TakeNews(Mark& mark) const {
  const auto from = [](const auto& rows, std::size_t first) {
    return rows.begin() + static_cast<std::ptrdiff_t>(first);
  };
  News news;
  for (std::size_t i = mark.strings; i < strings_.size(); ++i) {
    news.strings.push_back(strings_.Get(StringId{static_cast<std::uint32_t>(i)}));
  }
  news.frames.assign(from(frames_, mark.frames), frames_.end());
  news.nodes.assign(from(nodes_, mark.nodes), nodes_.end());
  for (auto id = from(renames_, mark.renames); id != renames_.end(); ++id) {
    if (id->value < mark.frames) news.renames.emplace_back(*id, frame(*id).function);
  }
  mark = {strings_.size(), frames_.size(), nodes_.size(), renames_.size()};
  return news;
}

void StackTable::Append(const News& news) {
  for (const std::string& text : news.strings) strings_.Intern(text);
  frames_.insert(frames_.end(), news.frames.begin(), news.frames.end());
  nodes_.insert(nodes_.end(), news.nodes.begin(), news.nodes.end());
  for (const auto& [id, function] : news.renames) frames_[id.value].function = function;
}

}  // namespace osprey
