// Every distinct frame and every distinct stack once; a stack is a node (parent, frame).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
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
  void Rename(FrameId id, StringId function) {
    frames_[id.value].function = function;
    renames_.push_back(id);
  }
  std::size_t frame_count() const { return frames_.size(); }

  // The stack that is `parent` with `frame` called from its leaf.
  StackId Push(StackId parent, FrameId frame);
  // A parent's id is always smaller than its children's; nodes()[0] is the root.
  const Node& node(StackId id) const { return nodes_[id.value]; }
  std::size_t node_count() const { return nodes_.size(); }

  // The frames from root to leaf.
  std::vector<FrameId> Frames(StackId id) const;

  // For a copy of the table in another thread. What a table is at one moment, by the number of its
  // rows; as it stands here, an empty table.
  struct Mark {
    std::size_t strings = 1, frames = 0, nodes = 1, renames = 0;
  };
  // What has come since, in the order of its ids.
  struct News {
    std::vector<std::string> strings;
    std::vector<Frame> frames;
    std::vector<Node> nodes;
    std::vector<std::pair<FrameId, StringId>> renames;
  };
  // What the table has that it did not have at `mark`, which becomes now. Linear in that.
  News TakeNews(Mark& mark) const;
  // Adds what another table had news of, taken one after the other from an empty table on: then
  // all ids here are the same as there. Nothing may be interned or pushed in such a copy.
  void Append(const News& news);

 private:
  struct FrameHash {
    std::size_t operator()(const Frame& f) const;
  };

  StringTable strings_;
  std::vector<Frame> frames_;
  std::vector<Node> nodes_;
  std::vector<FrameId> renames_;  // in their order; one for each thread and title of a process
  std::unordered_map<Frame, FrameId, FrameHash> frame_ids_;
  std::unordered_map<std::uint64_t, StackId> children_;  // parent << 32 | frame
};

}  // namespace osprey
