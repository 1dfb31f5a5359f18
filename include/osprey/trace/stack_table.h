// Every distinct frame and every distinct stack once; a stack is a node (parent, frame).
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "osprey/trace/frame.h"
#include "osprey/trace/ids.h"
#include "osprey/trace/string_table.h"

namespace osprey {

class StackTable {
 public:
  struct Node {
    StackId parent;
    FrameId frame;  // meaningless for the root
  };

  StackTable();

  StringTable& strings() { return strings_; }
  const StringTable& strings() const { return strings_; }

  // The id of `frame`, whose strings are ids of strings().
  FrameId InternFrame(const Frame& frame);
  const Frame& frame(FrameId id) const { return frames_[id.value]; }
  // Gives a frame that was interned under a provisional name its real one; later frames under the
  // provisional name still get this id.
  void Rename(FrameId id, StringId function) { frames_[id.value].function = function; }
  std::size_t frame_count() const { return frames_.size(); }

  // The stack that is `parent` with `frame` called from its leaf.
  StackId Push(StackId parent, FrameId frame);
  // A parent's id is always smaller than its children's; nodes()[0] is the root.
  const Node& node(StackId id) const { return nodes_[id.value]; }
  std::size_t node_count() const { return nodes_.size(); }

  // The frames from root to leaf.
  std::vector<FrameId> Frames(StackId id) const;

 private:
  struct FrameHash {
    std::size_t operator()(const Frame& f) const;
  };

  StringTable strings_;
  std::vector<Frame> frames_;
  std::vector<Node> nodes_;
  std::unordered_map<Frame, FrameId, FrameHash> frame_ids_;
  std::unordered_map<std::uint64_t, StackId> children_;  // parent << 32 | frame
};

}  // namespace osprey
