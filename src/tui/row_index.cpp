#include "osprey/tui/row_index.h"

namespace osprey {
namespace {

bool IsFunction(FrameKind kind) {
  return kind == FrameKind::kPython || kind == FrameKind::kNative || kind == FrameKind::kMarker;
}

}  // namespace

std::size_t RowIndex::FrameHash::operator()(const Frame& f) const {
  const std::uint64_t names = (std::uint64_t{f.function.value} << 32) | f.file.value;
  const std::uint64_t rest = (std::uint64_t{f.line} << 8) | static_cast<std::uint64_t>(f.kind);
  // As in StackTable: the odd constant spreads neighbouring lines.
  return std::hash<std::uint64_t>{}(names ^ (rest * 0x9E3779B97F4A7C15ULL));
}

RowIndex::RowIndex(const StackTable& stacks, RowStyle style)
    : stacks_(&stacks), style_(style), nodes_(1), row_of_{kNone}, node_of_{0}, thread_of_{kNone} {
  Grow();
}

std::uint32_t RowIndex::ItemOf(FrameId id) {
  while (item_of_.size() <= id.value) {
    const FrameId next{static_cast<std::uint32_t>(item_of_.size())};
    Frame frame = stacks_->frame(next);
    if (IsFunction(frame.kind) && !style_.per_line) frame.line = 0;
    const auto count = static_cast<std::uint32_t>(items_.size());
    item_of_.push_back(items_.try_emplace(frame, count).first->second);
  }
  return item_of_[id.value];
}

std::uint32_t RowIndex::RowFor(FrameId frame, std::uint32_t item, std::uint32_t thread) {
  if (!style_.per_thread) thread = kNone;
  const auto count = static_cast<std::uint32_t>(rows_.size());
  const auto [row, is_new] = row_ids_.try_emplace((std::uint64_t{item} << 32) | thread, count);
  if (is_new) rows_.push_back({frame, FrameId{thread}, thread != kNone});
  return row->second;
}

void RowIndex::Grow() {
  for (std::size_t i = row_of_.size(); i < stacks_->node_count(); ++i) {
    const StackTable::Node& stack = stacks_->node(StackId{static_cast<std::uint32_t>(i)});
    const Frame& frame = stacks_->frame(stack.frame);
    const std::uint32_t item = ItemOf(stack.frame);
    const bool is_thread = frame.kind == FrameKind::kThread;
    const std::uint32_t thread = is_thread ? stack.frame.value : thread_of_[stack.parent.value];
    thread_of_.push_back(thread);
    row_of_.push_back(IsFunction(frame.kind) ? RowFor(stack.frame, item, thread) : kNone);
    const std::uint32_t parent = node_of_[stack.parent.value];
    if (is_thread && !style_.per_thread) {
      node_of_.push_back(parent);
      continue;
    }
    const auto count = static_cast<std::uint32_t>(nodes_.size());
    const auto [node, is_new] = node_ids_.try_emplace((std::uint64_t{parent} << 32) | item, count);
    if (is_new) nodes_.push_back({stack.frame, parent, nodes_[parent].depth + 1});
    node_of_.push_back(node->second);
  }
}

}  // namespace osprey
