#include "osprey/profile/function_table.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace osprey {
namespace {

constexpr std::uint32_t kNone = 0xFFFFFFFF;

// The row of every frame, by FrameId; kNone for what is no function: roots and tasks.
std::vector<std::uint32_t> RowsOfFrames(const StackTable& stacks,
                                        std::vector<FunctionTable::Row>& rows) {
  std::map<std::tuple<StringId, StringId, FrameKind>, std::uint32_t> ids;
  std::vector<std::uint32_t> row_of(stacks.frame_count(), kNone);
  for (std::uint32_t i = 0; i < row_of.size(); ++i) {
    const Frame& frame = stacks.frame(FrameId{i});
    const bool is_root = frame.kind == FrameKind::kThread || frame.kind == FrameKind::kProcess ||
                         frame.kind == FrameKind::kInterpreter || frame.kind == FrameKind::kTask;
    if (is_root) continue;
    const auto [entry, is_new] = ids.try_emplace({frame.function, frame.file, frame.kind},
                                                 static_cast<std::uint32_t>(rows.size()));
    if (is_new) rows.push_back({frame.function, frame.file, frame.kind, 0, 0});
    row_of[i] = entry->second;
  }
  return row_of;
}

}  // namespace

FunctionTable::FunctionTable(const Profile& profile) {
  const StackTable& stacks = profile.stacks();
  const std::size_t count = stacks.node_count();
  const std::vector<std::uint32_t> row_of = RowsOfFrames(stacks, rows_);
  const auto row_at = [&](std::uint32_t node) {
    return row_of[stacks.node(StackId{node}).frame.value];
  };

  std::vector<std::uint64_t> totals = profile.counts();
  totals.resize(count);
  std::vector<std::uint32_t> first_child(count, kNone);
  std::vector<std::uint32_t> sibling(count, kNone);
  for (std::uint32_t i = static_cast<std::uint32_t>(count) - 1; i > 0; --i) {
    if (const std::uint32_t row = row_at(i); row != kNone) {
      rows_[row].self += i < profile.counts().size() ? profile.counts()[i] : 0;
    }
    const std::uint32_t parent = stacks.node(StackId{i}).parent.value;
    totals[parent] += totals[i];
    sibling[i] = first_child[parent];
    first_child[parent] = i;
  }

  // Down and up the tree without recursion: how often each function is open right now says
  // whether a node is the outermost call, the only one that counts.
  std::vector<std::uint32_t> open(rows_.size());
  for (std::uint32_t at = first_child[0]; at != kNone;) {
    if (const std::uint32_t row = row_at(at); row != kNone && open[row]++ == 0) {
      rows_[row].total += totals[at];
    }
    if (first_child[at] != kNone) {
      at = first_child[at];
      continue;
    }
    for (;;) {
      if (const std::uint32_t row = row_at(at); row != kNone) --open[row];
      if (sibling[at] != kNone) {
        at = sibling[at];
        break;
      }
      at = stacks.node(StackId{at}).parent.value;
      if (at == 0) {
        at = kNone;
        break;
      }
    }
  }

  std::erase_if(rows_, [](const Row& row) { return row.total == 0; });
  const StringTable& strings = stacks.strings();
  std::sort(rows_.begin(), rows_.end(), [&](const Row& a, const Row& b) {
    if (a.self != b.self) return a.self > b.self;
    if (a.total != b.total) return a.total > b.total;
    return std::tie(strings.Get(a.function), strings.Get(a.file), a.kind) <
           std::tie(strings.Get(b.function), strings.Get(b.file), b.kind);
  });
}

}  // namespace osprey
