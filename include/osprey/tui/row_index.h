// Which row of the table, and which node of the tree, every stack counts for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "osprey/trace/stack_table.h"

namespace osprey {

// What makes two frames the same.
struct RowStyle {
  bool per_line = true;     // else a function is one row, whichever of its lines runs
  bool per_thread = false;  // a row, and a tree, for each thread

  bool operator==(const RowStyle&) const = default;
};

class RowIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  // A function or line; with RowStyle::per_thread, in one thread.
  struct Row {
    FrameId frame;   // the first that was seen of it
    FrameId thread;  // the root of its thread; `has_thread` says whether there is one
    bool has_thread = false;
  };
  // A call: who was called, from where. Roots of processes, threads and tasks are nodes too.
  struct Node {
    FrameId frame;
    std::uint32_t parent = 0;
    std::uint32_t depth = 0;  // 0: the root, which is nobody
  };

  // `stacks` must outlive the index.
  RowIndex(const StackTable& stacks, RowStyle style);

  // Takes in the stacks that are new in the table. Linear in those.
  void Grow();

  const StackTable& stacks() const { return *stacks_; }
  RowStyle style() const { return style_; }
  const std::vector<Row>& rows() const { return rows_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  // The row of a stack's leaf; kNone where that is no function but a root or a task.
  std::uint32_t RowOf(StackId stack) const { return row_of_[stack.value]; }
  // The node of a stack.
  std::uint32_t NodeOf(StackId stack) const { return node_of_[stack.value]; }

 private:
  struct FrameHash {
    std::size_t operator()(const Frame& frame) const;
  };
  // The same number for frames that are the same in this style.
  std::uint32_t ItemOf(FrameId frame);
  std::uint32_t RowFor(FrameId frame, std::uint32_t item, std::uint32_t thread);

  const StackTable* stacks_;
  RowStyle style_;
  std::vector<Row> rows_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> row_of_;     // by StackId
  std::vector<std::uint32_t> node_of_;    // by StackId
  std::vector<std::uint32_t> thread_of_;  // by StackId: the FrameId of its thread, or kNone
  std::vector<std::uint32_t> item_of_;    // by FrameId
  std::unordered_map<Frame, std::uint32_t, FrameHash> items_;
  std::unordered_map<std::uint64_t, std::uint32_t> row_ids_;   // item << 32 | thread
  std::unordered_map<std::uint64_t, std::uint32_t> node_ids_;  // parent << 32 | item
};

}  // namespace osprey
