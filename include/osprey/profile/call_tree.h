// The samples of a run as a tree of named frames, built once when the run is over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "osprey/profile/profile.h"

namespace osprey {

class CallTree {
 public:
  // Gives a frame the name it is shown under; called once for each frame that was seen.
  // Frames with the same name and the same parent become one node.
  using Namer = std::function<std::string(FrameId)>;

  struct Node {
    std::uint32_t name = 0;   // index into names(); meaningless for the root
    std::uint32_t depth = 0;  // 0: the root, which stands for all samples
    std::uint32_t parent = 0;
    std::uint32_t end = 0;    // one past the last node below this one
    std::uint64_t self = 0;   // samples whose leaf this is
    std::uint64_t total = 0;  // and those of everything below
  };
  struct Name {
    std::string text;
    FrameId frame;  // the first frame that has this name
  };

  // Linear in the nodes of the profile's table, but for the sorting of siblings.
  CallTree(const Profile& profile, const Namer& namer);

  // In preorder: the root first, then each child followed by what is below it. A node's first
  // child, if it has one (end > index + 1), is the next node; its next sibling is at `end`.
  // Siblings stand by falling total, then by name. Nodes without samples are left out.
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<Name>& names() const { return names_; }
  std::uint64_t total() const { return nodes_[0].total; }
  std::uint32_t max_depth() const { return max_depth_; }

  // The node that a stack became; kNone for a stack that has no samples.
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  std::uint32_t NodeOf(StackId stack) const;

 private:
  std::vector<Node> nodes_;
  std::vector<Name> names_;
  std::vector<std::uint32_t> node_of_;  // by StackId
  std::uint32_t max_depth_ = 0;
};

}  // namespace osprey
