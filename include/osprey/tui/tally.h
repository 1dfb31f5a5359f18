// Self and total counts of every row and of every node of the tree.
#pragma once

#include <cstdint>
#include <vector>

#include "osprey/tui/row_index.h"

namespace osprey {

class Tally {
 public:
  struct Counts {
    std::uint64_t self = 0;   // samples in which it was the leaf
    std::uint64_t total = 0;  // samples in which it stood anywhere, however often
  };

  // Adds `count` samples of `stack`, a stack that `index` knows; Remove takes back what was added.
  // Linear in the depth of the stack.
  void Add(const RowIndex& index, StackId stack, std::uint64_t count);
  void Remove(const RowIndex& index, StackId stack, std::uint64_t count);

  Counts Row(std::uint32_t row) const { return row < rows_.size() ? rows_[row] : Counts{}; }
  Counts Node(std::uint32_t node) const { return node < nodes_.size() ? nodes_[node] : Counts{}; }

 private:
  template <typename Change>
  void Apply(const RowIndex& index, StackId stack, Change change);

  std::vector<Counts> rows_;
  std::vector<Counts> nodes_;
  std::vector<std::uint32_t> seen_;  // by row: the number of the stack in which it was seen last
  std::uint32_t number_ = 0;
};

// Who calls a row and whom it calls, each counted once for a sample.
struct Relatives {
  std::vector<std::uint64_t> callers;  // by row: samples in which that one called it
  std::vector<std::uint64_t> callees;
};

class RelativesTally {
 public:
  RelativesTally(const RowIndex& index, std::uint32_t row);
  void Add(StackId stack, std::uint64_t count);
  const Relatives& relatives() const { return relatives_; }

 private:
  const RowIndex& index_;
  std::uint32_t row_;
  Relatives relatives_;
  std::vector<std::uint32_t> seen_as_caller_;  // as Tally::seen_
  std::vector<std::uint32_t> seen_as_callee_;
  std::uint32_t number_ = 0;
};

}  // namespace osprey
