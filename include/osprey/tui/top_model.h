// What `osprey top` shows: counts, rows, and what the user has chosen; without a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "osprey/profile/profile.h"
#include "osprey/trace/stack_table.h"
#include "osprey/tui/name_filter.h"
#include "osprey/tui/row_index.h"
#include "osprey/tui/row_text.h"
#include "osprey/tui/seen.h"
#include "osprey/tui/slice.h"
#include "osprey/tui/tally.h"
#include "osprey/tui/usage_history.h"

namespace osprey {

// Which samples count.
enum class ShownSamples {
  kOnCpu,
  kAll,        // of threads that wait, too
  kGil,        // of those that hold the GIL
  kException,  // all that come: only those were asked for
};

// In the order of the columns.
enum class SortColumn { kSelfPercent, kTotalPercent, kSelf, kTotal };
constexpr int kSortColumns = 4;

enum class TopPage {
  kTable,
  kRelatives,  // the callers and callees of one function
  kTree,
};

struct TopOptions {
  ShownSamples shown = ShownSamples::kOnCpu;
  RowStyle style;
  double window_seconds = 3;
};

// One line below the header.
struct TopLine {
  enum class Kind { kCall, kHeading };
  enum class Fold { kNone, kOpen, kClosed };

  Kind kind = Kind::kCall;
  std::string heading;  // of a kHeading
  Frame frame;          // strings are those of TopModel::stacks()
  std::string thread;   // the label of its thread's root, where rows are by thread
  std::uint32_t depth = 0;
  Fold fold = Fold::kNone;
  // As many samples as it stands for, over what the percentages are of, and since the start. None
  // where it has none by its nature: a caller has no self time here.
  std::optional<std::uint64_t> self, total, self_all, total_all;
};

class TopModel {
 public:
  explicit TopModel(const TopOptions& options);
  TopModel(const TopModel&) = delete;
  TopModel& operator=(const TopModel&) = delete;

  // Takes in what was seen since the last slice. While it is paused, it is kept and not shown.
  void Take(const Slice& slice);
  // Builds the lines of the page, sorted, after Take and after what follows.
  void Refresh();

  // How files are shown: the filter looks at what the user sees.
  void ShowPlaces(PlaceStyle places);
  const PlaceStyle& places() const { return places_; }

  // What the user may do.
  void SortBy(SortColumn column);  // again: the other way round
  void MoveSortColumn(int by);     // to the left or right, no further than there are columns
  void ToggleLines();
  void ToggleThreads();
  void ToggleScope();
  void Show(ShownSamples shown);
  void Reset();
  void TogglePause();
  // kInvalidArgument leaves the filter as it was.
  Result<void> Filter(const std::string& expression);
  // The tree is sorted by total first: by self time, what leads to it would be anywhere.
  void ShowTree(bool on);
  // On a function: its callers and callees. In the tree: opens or closes the node.
  void Enter();
  void OpenNode(bool open);  // opens; or closes it, or goes to its parent when it is closed
  // One page back; false when there is none.
  bool Back();
  void Select(std::size_t line);
  void MoveSelection(std::ptrdiff_t by);  // stops at both ends
  void SelectFirst();
  void SelectLast();

  TopPage page() const { return page_; }
  ShownSamples shown() const { return shown_; }
  RowStyle style() const { return style_; }
  bool is_since_start() const { return is_since_start_; }
  bool is_paused() const { return frozen_ != nullptr; }
  SortColumn sort_column() const { return sort_column_; }
  bool is_ascending() const { return is_ascending_; }
  const NameFilter& filter() const { return filter_; }
  const StackTable& stacks() const { return stacks_; }

  // As of the last Refresh.
  std::size_t line_count() const { return lines_.size(); }
  TopLine Line(std::size_t index) const;
  std::size_t selected() const { return selected_; }

  // What the percentages are of, and the times.
  const Seen::Sums& scope() const;
  const Seen::Sums& since_start() const { return seen().total(); }
  // A count of samples as percent of one thread's time in the scope, or as seconds since the start.
  double Percent(std::uint64_t count) const;
  double SecondsOf(std::uint64_t count_all) const;

  // For the header: of now, paused or not.
  const Seen::Sums& recent() const { return live_.window(); }
  // Whether what was sampled is no Python program any more, and nothing else is.
  bool is_waiting() const { return is_waiting_; }
  double watched_seconds() const { return watched_seconds_; }
  std::uint64_t missed_ticks() const { return missed_ticks_; }
  const RunFigures& figures() const { return figures_; }
  const std::vector<std::int32_t>& pids() const { return pids_; }
  UsageHistory& usage() { return usage_; }
  const UsageHistory& usage() const { return usage_; }

  // The samples that count since the start, with the roots that are shown.
  struct Picture {
    StackTable stacks;
    Profile profile{stacks};
  };
  std::unique_ptr<Picture> TakePicture() const;

 private:
  // A line before it is looked at: the texts of some thousands would be made for nothing.
  struct Ref {
    enum class Kind { kRow, kNode, kHeadingCallers, kHeadingSelf, kHeadingCallees } kind;
    std::uint32_t id = 0;  // of a row or node; how many functions a heading has, filtered or not
    Tally::Counts scope;
    Tally::Counts all;
    bool has_self = true;
    TopLine::Fold fold = TopLine::Fold::kNone;
    std::uint8_t section = 0;  // a recursive function is its own caller: one row in two places
    std::uint64_t Key() const {
      return (std::uint64_t{section} << 40) | (static_cast<std::uint64_t>(kind) << 32) | id;
    }
  };

  const Seen& seen() const { return frozen_ ? *frozen_ : live_; }
  bool Counts(std::uint8_t state) const;
  void CountAgain();
  void Reindex();
  bool Matches(FrameId frame);
  bool Matches(const RowIndex::Row& row);
  bool IsBefore(const Ref& a, const Ref& b) const;
  void ListTable();
  void ListRelatives();
  void ListTree();
  Relatives RelativesOver(bool all) const;
  void AppendNode(std::uint32_t node, const std::vector<std::vector<std::uint32_t>>& children);
  bool IsOpen(std::uint32_t node, std::size_t children);
  void AppendSorted(std::vector<Ref> refs);
  void FindSelection();
  void Leave();  // what a page has selected is nothing on another
  const Tally& scope_tally() const { return is_since_start_ ? total_tally_ : window_tally_; }

  StackTable stacks_;  // the copy of the sampling thread's
  Seen live_;
  std::unique_ptr<Seen> frozen_;  // while paused: what is shown
  std::unique_ptr<RowIndex> index_;
  Tally window_tally_;  // of seen(), of the samples that count
  Tally total_tally_;

  TopPage page_ = TopPage::kTable;
  std::vector<std::uint32_t> focus_;  // rows whose relatives are shown, one upon the other
  ShownSamples shown_;
  RowStyle style_;
  bool is_since_start_ = false;
  SortColumn sort_column_ = SortColumn::kSelfPercent;
  bool is_ascending_ = false;
  std::optional<SortColumn> table_sort_column_;  // while the tree is shown: what the table had
  PlaceStyle places_;
  NameFilter filter_;
  std::vector<signed char> matches_;  // by FrameId: whether the filter lets it pass; -1: not known
  std::set<std::uint32_t> open_nodes_;
  std::set<std::uint32_t> closed_nodes_;  // of those that open by themselves

  std::vector<Ref> lines_;
  std::size_t selected_ = 0;
  std::optional<std::uint64_t> selected_key_;  // none: the first line, whatever that is

  bool is_waiting_ = false;
  double watched_seconds_ = 0;
  std::uint64_t missed_ticks_ = 0;
  RunFigures figures_;
  std::vector<std::int32_t> pids_;
  UsageHistory usage_;
};

}  // namespace osprey
