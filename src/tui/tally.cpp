#include "osprey/tui/tally.h"

namespace osprey {

template <typename Change>
void Tally::Apply(const RowIndex& index, StackId stack, Change change) {
  rows_.resize(index.rows().size());
  seen_.resize(index.rows().size());
  nodes_.resize(index.nodes().size());
  if (++number_ == 0) {  // after four billion stacks, none is marked by an old number
    seen_.assign(seen_.size(), 0);
    number_ = 1;
  }
  const StackTable& stacks = index.stacks();
  if (const std::uint32_t row = index.RowOf(stack); row != RowIndex::kNone) change(rows_[row].self);
  for (StackId at = stack; at != kRootStack; at = stacks.node(at).parent) {
    const std::uint32_t row = index.RowOf(at);
    if (row == RowIndex::kNone || seen_[row] == number_) continue;
    seen_[row] = number_;
    change(rows_[row].total);
  }
  std::uint32_t node = index.NodeOf(stack);
  change(nodes_[node].self);
  for (; node != 0; node = index.nodes()[node].parent) change(nodes_[node].total);
  change(nodes_[0].total);
}

void Tally::Add(const RowIndex& index, StackId stack, std::uint64_t count) {
  Apply(index, stack, [count](std::uint64_t& value) { value += count; });
}

void Tally::Remove(const RowIndex& index, StackId stack, std::uint64_t count) {
  Apply(index, stack, [count](std::uint64_t& value) { value -= count; });
}

RelativesTally::RelativesTally(const RowIndex& index, std::uint32_t row)
    : index_(index), row_(row) {
  const std::size_t rows = index.rows().size();
  relatives_.callers.resize(rows);
  relatives_.callees.resize(rows);
  seen_as_caller_.resize(rows);
  seen_as_callee_.resize(rows);
}

void RelativesTally::Add(StackId stack, std::uint64_t count) {
  // No more stacks than a table has nodes: below 2^32.
  ++number_;
  const StackTable& stacks = index_.stacks();
  const auto see = [&](std::uint32_t row, std::vector<std::uint32_t>& seen,
                       std::vector<std::uint64_t>& counts) {
    if (row == RowIndex::kNone || seen[row] == number_) return;
    seen[row] = number_;
    counts[row] += count;
  };
  std::uint32_t below = RowIndex::kNone;  // the row of the function that was called last
  for (StackId at = stack; at != kRootStack; at = stacks.node(at).parent) {
    const std::uint32_t row = index_.RowOf(at);
    if (row == RowIndex::kNone) continue;  // a task stands between its coroutine and the loop
    if (row == row_) see(below, seen_as_callee_, relatives_.callees);
    if (below == row_) see(row, seen_as_caller_, relatives_.callers);
    below = row;
  }
}

}  // namespace osprey
