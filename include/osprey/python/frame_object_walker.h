// Walks one thread of CPython 3.10 and earlier, whose frames are objects on the heap linked by
// f_back.
#pragma once

#include <cstddef>
#include <vector>

#include "osprey/python/layout.h"
#include "osprey/python/raw_frame.h"
#include "osprey/target/snapshot_memory.h"

namespace osprey {

// One system call copies: the frames of the last walk from the root up, then the thread state with
// its top pointer, then the topmost frames once more, leaf first. The moment of the sample is the
// copy of the leaf after the top pointer. A caller whose two copies agree was on the stack all the
// while between them, and so was everything below it.
class FrameObjectWalker {
 public:
  FrameObjectWalker(const Layout& layout, CodeCache& codes, Address interpreter, Address thread)
      : layout_(layout), codes_(codes), interpreter_(interpreter), thread_(thread) {}

  // Fills `frames` from root to leaf.
  WalkEnd Walk(const Memory& memory, std::vector<RawFrame>& frames);

 private:
  struct Known {
    Address frame;
    std::size_t before = 0;  // index in snapshot_ of the copy before the top pointer
    std::size_t after = 0;   // and of the one after it; the same where there is only one
  };
  enum class Step { kDone, kAgain, kGone };

  Step Attempt(const Memory& memory, std::vector<RawFrame>& frames, WalkEnd& end);
  void BuildRanges();
  // Reads the chain from `top` one frame at a time into path_.
  bool Chase(const Memory& memory, Address top);
  void Remember(Address leaf);
  bool IsLive(const std::byte* header) const;
  bool Agree(const Known& known) const;
  bool Append(const Known& known, const std::byte* header, std::vector<RawFrame>& frames);
  const std::byte* HeaderOf(const Known& known) const;
  Address PreviousOf(const std::byte* header) const;

  const Layout& layout_;
  CodeCache& codes_;
  Address interpreter_;
  Address thread_;

  SnapshotMemory snapshot_;
  bool ranges_stale_ = true;
  std::size_t thread_index_ = 0;
  std::vector<Known> path_;    // root to leaf: the last walk's stack
  std::vector<Known> recent_;  // frames that were leaves lately and are not on path_
  std::vector<CodeObject*> hints_;
};

}  // namespace osprey
