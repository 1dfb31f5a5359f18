#include "osprey/tui/top_model.h"

#include <algorithm>
#include <utility>

namespace osprey {

TopModel::TopModel(const TopOptions& options)
    : live_(options.window_seconds),
      index_(std::make_unique<RowIndex>(stacks_, options.style)),
      shown_(options.shown),
      style_(options.style) {}

bool TopModel::Counts(std::uint8_t state) const {
  // Tasks that wait come only where they were asked for, and then always count.
  if ((state & kWaitingTask) != 0) return true;
  switch (shown_) {
    case ShownSamples::kOnCpu:
      return (state & kOnCpu) != 0;
    case ShownSamples::kGil:
      return (state & kHoldsGil) != 0;
    case ShownSamples::kAll:
    case ShownSamples::kException:
      return true;
  }
  return true;
}

void TopModel::Take(const Slice& slice) {
  stacks_.Append(slice.news);
  index_->Grow();
  live_.Add(slice, [this](const Seen::Counts& left) {
    if (frozen_) return;
    for (const StackCount& each : left) {
      if (Counts(each.state)) window_tally_.Remove(*index_, each.stack, each.count);
    }
  });
  if (!frozen_) {
    for (const StackCount& each : slice.counts) {
      if (!Counts(each.state)) continue;
      window_tally_.Add(*index_, each.stack, each.count);
      total_tally_.Add(*index_, each.stack, each.count);
    }
  }
  is_waiting_ = slice.is_waiting;
  watched_seconds_ += slice.seconds;
  missed_ticks_ += slice.missed;
  figures_ = slice.figures;
  if (!slice.pids.empty()) pids_ = slice.pids;
}

void TopModel::CountAgain() {
  window_tally_ = {};
  total_tally_ = {};
  seen().ForEachInWindow([this](const StackCount& each) {
    if (Counts(each.state)) window_tally_.Add(*index_, each.stack, each.count);
  });
  for (const StackCount& each : seen().total_counts()) {
    if (Counts(each.state)) total_tally_.Add(*index_, each.stack, each.count);
  }
}

void TopModel::ShowPlaces(PlaceStyle places) {
  places_ = std::move(places);
  matches_.clear();
}

void TopModel::Reindex() {
  matches_.clear();  // the texts have lines now, or none
  const std::unique_ptr<RowIndex> before = std::move(index_);
  index_ = std::make_unique<RowIndex>(stacks_, style_);
  CountAgain();
  open_nodes_.clear();
  closed_nodes_.clear();
  selected_key_.reset();
  // The functions that are looked at have other rows now. A function that was looked at by line
  // is found whole; by thread, it may not be there.
  const auto find = [&](std::uint32_t row) {
    const RowIndex::Row& wanted = before->rows()[row];
    const Frame& frame = stacks_.frame(wanted.frame);
    for (std::uint32_t i = 0; i < index_->rows().size(); ++i) {
      const RowIndex::Row& other = index_->rows()[i];
      const Frame& candidate = stacks_.frame(other.frame);
      const bool is_same =
          candidate.function == frame.function && candidate.file == frame.file &&
          candidate.kind == frame.kind && (!style_.per_line || candidate.line == frame.line) &&
          (!wanted.has_thread || !other.has_thread || wanted.thread == other.thread);
      if (is_same) return i;
    }
    return RowIndex::kNone;
  };
  for (std::uint32_t& row : focus_) row = find(row);
  std::erase(focus_, RowIndex::kNone);
  if (focus_.empty() && page_ == TopPage::kRelatives) page_ = TopPage::kTable;
}

void TopModel::SortBy(SortColumn column) {
  is_ascending_ = column == sort_column_ && !is_ascending_;
  sort_column_ = column;
}

void TopModel::MoveSortColumn(int by) {
  const int column = std::clamp(static_cast<int>(sort_column_) + by, 0, kSortColumns - 1);
  sort_column_ = static_cast<SortColumn>(column);
}

void TopModel::ToggleLines() {
  style_.per_line = !style_.per_line;
  Reindex();
}

void TopModel::ToggleThreads() {
  style_.per_thread = !style_.per_thread;
  Reindex();
}

void TopModel::ToggleScope() { is_since_start_ = !is_since_start_; }

void TopModel::Show(ShownSamples shown) {
  shown_ = shown;
  CountAgain();
}

void TopModel::Reset() {
  live_.Reset();
  if (frozen_) frozen_->Reset();
  missed_ticks_ = 0;
  CountAgain();
}

void TopModel::TogglePause() {
  if (frozen_) {
    frozen_.reset();
    CountAgain();
  } else {
    frozen_ = std::make_unique<Seen>(live_);
  }
}

Result<void> TopModel::Filter(const std::string& expression) {
  auto filter = NameFilter::Parse(expression);
  if (!filter) return filter.error();
  filter_ = std::move(*filter);
  matches_.clear();
  return {};
}

void TopModel::Leave() {
  selected_key_.reset();
  selected_ = 0;
}

void TopModel::ShowTree(bool on) {
  if (on == (page_ == TopPage::kTree)) return;
  page_ = on ? TopPage::kTree : TopPage::kTable;
  if (on) {
    table_sort_column_ = sort_column_;
    if (sort_column_ == SortColumn::kSelfPercent) sort_column_ = SortColumn::kTotalPercent;
    if (sort_column_ == SortColumn::kSelf) sort_column_ = SortColumn::kTotal;
  } else if (table_sort_column_) {
    sort_column_ = *std::exchange(table_sort_column_, std::nullopt);
  }
  focus_.clear();
  Leave();
}

void TopModel::Enter() {
  if (selected_ >= lines_.size()) return;
  const Ref& ref = lines_[selected_];
  if (ref.kind == Ref::Kind::kNode) {
    OpenNode(ref.fold == TopLine::Fold::kClosed);
    return;
  }
  if (ref.kind != Ref::Kind::kRow) return;
  if (!focus_.empty() && focus_.back() == ref.id) return;
  focus_.push_back(ref.id);
  page_ = TopPage::kRelatives;
  Leave();
}

void TopModel::OpenNode(bool open) {
  if (page_ != TopPage::kTree || selected_ >= lines_.size()) return;
  const Ref& ref = lines_[selected_];
  if (open && ref.fold == TopLine::Fold::kClosed) {
    open_nodes_.insert(ref.id);
    closed_nodes_.erase(ref.id);
  } else if (!open && ref.fold == TopLine::Fold::kOpen) {
    closed_nodes_.insert(ref.id);
    open_nodes_.erase(ref.id);
  } else if (!open) {
    const std::uint32_t parent = index_->nodes()[ref.id].parent;
    if (parent != 0) selected_key_ = Ref{Ref::Kind::kNode, parent, {}, {}}.Key();
    FindSelection();
    return;
  }
  selected_key_ = ref.Key();
}

bool TopModel::Back() {
  if (page_ == TopPage::kTable) return false;
  if (page_ == TopPage::kTree) {
    ShowTree(false);
    return true;
  }
  if (!focus_.empty()) focus_.pop_back();
  if (focus_.empty()) page_ = TopPage::kTable;
  Leave();
  return true;
}

void TopModel::Select(std::size_t line) {
  if (line >= lines_.size()) return;
  selected_ = line;
  selected_key_ = lines_[line].Key();
}

void TopModel::MoveSelection(std::ptrdiff_t by) {
  if (lines_.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(lines_.size()) - 1;
  const auto is_heading = [&](std::ptrdiff_t line) {
    const Ref::Kind kind = lines_[static_cast<std::size_t>(line)].kind;
    return kind != Ref::Kind::kRow && kind != Ref::Kind::kNode;
  };
  const auto from = static_cast<std::ptrdiff_t>(selected_);
  std::ptrdiff_t to = std::clamp<std::ptrdiff_t>(from + by, 0, last);
  const std::ptrdiff_t step = by < 0 ? -1 : 1;
  while (to >= 0 && to <= last && is_heading(to)) to += step;
  if (to < 0 || to > last) {  // nothing but headings that way: the last that is none
    to = std::clamp<std::ptrdiff_t>(to, 0, last);
    while (to != from && is_heading(to)) to -= step;
  }
  Select(static_cast<std::size_t>(to));
}

void TopModel::SelectFirst() {
  Leave();
  FindSelection();
}

void TopModel::SelectLast() {
  if (!lines_.empty()) Select(lines_.size() - 1);
}

const Seen::Sums& TopModel::scope() const {
  return is_since_start_ ? seen().total() : seen().window();
}

double TopModel::Percent(std::uint64_t count) const {
  const double ticks = scope().whole_ticks();
  return ticks > 0 ? 100 * static_cast<double>(count) / ticks : 0;
}

double TopModel::SecondsOf(std::uint64_t count_all) const {
  const Seen::Sums& all = seen().total();
  if (all.ticks == 0) return 0;
  return static_cast<double>(count_all) * all.sampled_seconds() / static_cast<double>(all.ticks);
}

std::unique_ptr<TopModel::Picture> TopModel::TakePicture() const {
  auto picture = std::make_unique<Picture>();
  StackTable& to = picture->stacks;
  // By id of this table: a parent comes before its children.
  std::vector<StackId> stacks(stacks_.node_count(), kRootStack);
  std::vector<bool> is_used(stacks_.node_count());
  for (const StackCount& each : seen().total_counts()) {
    if (!Counts(each.state)) continue;
    for (StackId at = each.stack; !is_used[at.value] && at != kRootStack;
         at = stacks_.node(at).parent) {
      is_used[at.value] = true;
    }
  }
  for (std::uint32_t i = 1; i < stacks.size(); ++i) {
    if (!is_used[i]) continue;
    const StackTable::Node& node = stacks_.node(StackId{i});
    Frame frame = stacks_.frame(node.frame);
    stacks[i] = stacks[node.parent.value];
    if (frame.kind == FrameKind::kThread && !style_.per_thread) continue;
    frame.function = to.strings().Intern(stacks_.strings().Get(frame.function));
    frame.file = to.strings().Intern(stacks_.strings().Get(frame.file));
    stacks[i] = to.Push(stacks[i], to.InternFrame(frame));
  }
  for (const StackCount& each : seen().total_counts()) {
    if (Counts(each.state)) picture->profile.Add(stacks[each.stack.value], each.count);
  }
  return picture;
}

}  // namespace osprey
