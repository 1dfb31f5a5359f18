// The lines of TopModel's pages: which there are, and in which order.
#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "osprey/tui/top_model.h"

namespace osprey {
namespace {

// Of a name, as much as a filter looks at: more than any screen shows.
constexpr std::size_t kFilteredBytes = 1000;
// Calls of more than a tenth of all samples are opened by themselves: ten lines at a time, at most.
constexpr std::uint64_t kOpenShare = 10;

}  // namespace

bool TopModel::Matches(FrameId id) {
  if (filter_.is_empty()) return true;
  if (id.value >= matches_.size()) matches_.resize(stacks_.frame_count(), -1);
  signed char& known = matches_[id.value];
  if (known < 0) {
    Frame frame = stacks_.frame(id);
    if (!style_.per_line && IsFunctionFrame(frame)) frame.line = 0;
    const std::string name = stacks_.strings().Get(frame.function).substr(0, kFilteredBytes);
    const std::string place = PlaceOf(frame, stacks_.strings(), places_).substr(0, kFilteredBytes);
    bool matches = filter_.Matches(place.empty() ? name : name + " (" + place + ")");
    // In a column of its own a thread has a shorter name.
    if (frame.kind == FrameKind::kThread) matches = matches || filter_.Matches(ShortThread(name));
    known = matches ? 1 : 0;
  }
  return known == 1;
}

bool TopModel::Matches(const RowIndex::Row& row) {
  return Matches(row.frame) || (row.has_thread && Matches(row.thread));
}

bool TopModel::IsBefore(const Ref& a, const Ref& b) const {
  const auto value = [this](const Ref& ref) {
    switch (sort_column_) {
      case SortColumn::kSelfPercent:
        return ref.scope.self;
      case SortColumn::kTotalPercent:
        return ref.scope.total;
      case SortColumn::kSelf:
        return ref.all.self;
      case SortColumn::kTotal:
        return ref.all.total;
    }
    return ref.scope.self;
  };
  if (value(a) != value(b)) return is_ascending_ ? value(a) < value(b) : value(a) > value(b);
  return std::tuple(b.scope.total, b.all.self, b.all.total, a.id) <
         std::tuple(a.scope.total, a.all.self, a.all.total, b.id);
}

void TopModel::AppendSorted(std::vector<Ref> refs) {
  std::sort(refs.begin(), refs.end(),
            [this](const Ref& a, const Ref& b) { return IsBefore(a, b); });
  lines_.insert(lines_.end(), refs.begin(), refs.end());
}

void TopModel::ListTable() {
  std::vector<Ref> refs;
  for (std::uint32_t row = 0; row < index_->rows().size(); ++row) {
    const Tally::Counts all = total_tally_.Row(row);
    if (all.total == 0 || !Matches(index_->rows()[row])) continue;
    refs.push_back({Ref::Kind::kRow, row, scope_tally().Row(row), all});
  }
  AppendSorted(std::move(refs));
}

Relatives TopModel::RelativesOver(bool all) const {
  RelativesTally tally(*index_, focus_.back());
  const auto add = [&](const StackCount& each) {
    if (Counts(each.state)) tally.Add(each.stack, each.count);
  };
  if (all) {
    for (const StackCount& each : seen().total_counts()) add(each);
  } else {
    seen().ForEachInWindow(add);
  }
  return tally.relatives();
}

void TopModel::ListRelatives() {
  const Relatives all = RelativesOver(true);
  const Relatives scope = is_since_start_ ? all : RelativesOver(false);
  const auto list = [&](const std::vector<std::uint64_t>& in_all,
                        const std::vector<std::uint64_t>& in_scope, std::uint8_t section) {
    std::vector<Ref> refs;
    for (std::uint32_t row = 0; row < in_all.size(); ++row) {
      if (in_all[row] == 0 || !Matches(index_->rows()[row])) continue;
      // They have no self time here; sorted by it, they stand by their total.
      refs.push_back({Ref::Kind::kRow,
                      row,
                      {in_scope[row], in_scope[row]},
                      {in_all[row], in_all[row]},
                      false,
                      TopLine::Fold::kNone,
                      section});
    }
    AppendSorted(std::move(refs));
  };
  const auto count = [](const std::vector<std::uint64_t>& counts) {
    const auto is_some = [](std::uint64_t each) { return each != 0; };
    return static_cast<std::uint32_t>(std::count_if(counts.begin(), counts.end(), is_some));
  };
  const std::uint32_t row = focus_.back();
  lines_.push_back({Ref::Kind::kHeadingCallers, count(all.callers), {}, {}});
  list(all.callers, scope.callers, 1);
  lines_.push_back({Ref::Kind::kHeadingSelf, 0, {}, {}});
  lines_.push_back({Ref::Kind::kRow, row, scope_tally().Row(row), total_tally_.Row(row)});
  lines_.push_back({Ref::Kind::kHeadingCallees, count(all.callees), {}, {}});
  list(all.callees, scope.callees, 2);
}

bool TopModel::IsOpen(std::uint32_t node, std::size_t children) {
  if (open_nodes_.count(node) != 0) return true;
  if (closed_nodes_.count(node) != 0) return false;
  if (!filter_.is_empty()) return true;  // what matches is to be seen
  // A chain of calls with nothing beside it is one thing.
  if (children == 1) return true;
  // What matters is open from the start, and stays so when it matters less for a while.
  const std::uint64_t all = scope_tally().Node(0).total;
  if (scope_tally().Node(node).total * kOpenShare < all || all == 0) return false;
  open_nodes_.insert(node);
  return true;
}

void TopModel::AppendNode(std::uint32_t node,
                          const std::vector<std::vector<std::uint32_t>>& children) {
  // A stack of what is still to do, the next one last: a tree is as deep as the program's stack.
  std::vector<std::uint32_t> to_do;
  const auto push_children = [&](std::uint32_t parent) {
    std::vector<Ref> refs;
    for (const std::uint32_t child : children[parent]) {
      refs.push_back(
          {Ref::Kind::kNode, child, scope_tally().Node(child), total_tally_.Node(child)});
    }
    std::sort(refs.begin(), refs.end(),
              [this](const Ref& a, const Ref& b) { return IsBefore(b, a); });
    for (const Ref& ref : refs) to_do.push_back(ref.id);
  };
  push_children(node);
  while (!to_do.empty()) {
    const std::uint32_t at = to_do.back();
    to_do.pop_back();
    Ref ref{Ref::Kind::kNode, at, scope_tally().Node(at), total_tally_.Node(at)};
    const std::size_t count = children[at].size();
    if (count > 0) {
      const bool is_open = IsOpen(at, count);
      ref.fold = is_open ? TopLine::Fold::kOpen : TopLine::Fold::kClosed;
      if (is_open) push_children(at);
    }
    lines_.push_back(ref);
  }
}

void TopModel::ListTree() {
  const auto& nodes = index_->nodes();
  std::vector<bool> is_shown(nodes.size());
  std::vector<std::vector<std::uint32_t>> children(nodes.size());
  // A parent has a smaller number than its children.
  for (auto i = static_cast<std::uint32_t>(nodes.size()) - 1; i > 0; --i) {
    if (total_tally_.Node(i).total == 0) continue;
    if (!is_shown[i] && !Matches(nodes[i].frame)) continue;
    is_shown[i] = true;
    is_shown[nodes[i].parent] = true;
    children[nodes[i].parent].push_back(i);
  }
  AppendNode(0, children);
}

void TopModel::Refresh() {
  lines_.clear();
  switch (page_) {
    case TopPage::kTable:
      ListTable();
      break;
    case TopPage::kRelatives:
      ListRelatives();
      break;
    case TopPage::kTree:
      ListTree();
      break;
  }
  FindSelection();
}

void TopModel::FindSelection() {
  if (selected_key_) {
    const auto found = std::find_if(lines_.begin(), lines_.end(),
                                    [this](const Ref& ref) { return ref.Key() == *selected_key_; });
    if (found != lines_.end()) {
      selected_ = static_cast<std::size_t>(found - lines_.begin());
      return;
    }
  } else {
    selected_ = 0;
    // Among relatives the function itself is what was come for.
    for (std::size_t i = 0; page_ == TopPage::kRelatives && i < lines_.size(); ++i) {
      if (lines_[i].kind == Ref::Kind::kHeadingSelf) selected_ = i + 1;
    }
  }
  selected_ = std::min(selected_, lines_.empty() ? 0 : lines_.size() - 1);
}

TopLine TopModel::Line(std::size_t index) const {
  const Ref& ref = lines_[index];
  TopLine line;
  if (ref.kind != Ref::Kind::kRow && ref.kind != Ref::Kind::kNode) {
    line.kind = TopLine::Kind::kHeading;
    const bool is_empty = ref.id == 0;
    line.heading = ref.kind == Ref::Kind::kHeadingCallers
                       ? (is_empty ? "called by no function" : "called by")
                   : ref.kind == Ref::Kind::kHeadingCallees ? (is_empty ? "calls nothing" : "calls")
                                                            : "the function itself";
    return line;
  }
  if (ref.kind == Ref::Kind::kRow) {
    const RowIndex::Row& row = index_->rows()[ref.id];
    line.frame = stacks_.frame(row.frame);
    if (row.has_thread) line.thread = stacks_.strings().Get(stacks_.frame(row.thread).function);
  } else {
    const RowIndex::Node& node = index_->nodes()[ref.id];
    line.frame = stacks_.frame(node.frame);
    line.depth = node.depth - 1;
  }
  const bool is_root =
      line.frame.kind != FrameKind::kPython && line.frame.kind != FrameKind::kNative;
  if (!style_.per_line && !is_root) line.frame.line = 0;
  line.fold = ref.fold;
  if (ref.has_self) {
    line.self = ref.scope.self;
    line.self_all = ref.all.self;
  }
  line.total = ref.scope.total;
  line.total_all = ref.all.total;
  return line;
}

}  // namespace osprey
