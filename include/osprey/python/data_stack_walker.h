// Walks one thread of CPython 3.11 and later, whose frames lie next to each other in the chunks
// of its data stack.
#pragma once

#include <cstddef>
#include <vector>

#include "osprey/python/layout.h"
#include "osprey/python/raw_frame.h"
#include "osprey/target/snapshot_memory.h"

namespace osprey {

// One system call copies the thread state, then the top pointer, then the chunks; frames outside
// the chunks (generators, and shims on the C stack), once they were met, are copied before and
// after, and count where both copies agree: then they stood so while the chunks were copied.
//
// The copy of a chunk is the sample: it takes some tens of nanoseconds. It says by itself which of
// its frames were live: a frame that has called another Python frame has a stack top (stacktop >=
// 0), one that executes itself has none (-1; pycore_frame.h, _PyFrame_GetStackPointer). Only where
// C code stands between two frames does the top pointer have to decide.
class DataStackWalker {
 public:
  DataStackWalker(const Layout& layout, CodeCache& codes, Address interpreter, Address thread)
      : layout_(layout), codes_(codes), interpreter_(interpreter), thread_(thread) {}

  // Fills `frames` from root to leaf.
  WalkEnd Walk(const Memory& memory, std::vector<RawFrame>& frames);

  // What one walk copies.
  const SnapshotMemory& snapshot() const { return snapshot_; }

 private:
  struct Chunk {
    Address base;
    Address first_frame;
    std::uint64_t limit = 0;  // its whole size in bytes
    std::size_t index = 0;    // in snapshot_
  };
  struct Live {
    Address frame;
    const std::byte* bytes;
    CodeObject* code;
  };
  struct Outside {
    Address frame;
    std::size_t before = 0;  // index in snapshot_ of the copy before the chunks
    std::size_t after = 0;   // and of the one after them
    unsigned unused = 0;     // walks since it was met last
  };
  enum class Step { kDone, kAgain, kGone };

  Step Attempt(const Memory& memory, std::vector<RawFrame>& frames, WalkEnd& end);
  Step HandleShortRead(const Memory& memory, std::size_t arrived);
  void BuildRanges();
  bool LearnChunks(const Memory& memory, Address current);
  static bool ParseChunk(const std::byte* header, Address base, bool newest, Chunk& chunk);
  void LearnOutside(Address frame);
  void ForgetUnused();
  // Up from the thread's first frame by liveness; ambiguous steps pass up to `reach`.
  void CollectLive(Address reach);
  void CollectChunk(const Chunk& chunk, Address end, Address reach);
  // Down from `top` by the links; false when a link leads nowhere known (then `missing` says
  // where, or is null for a contradiction).
  bool FollowLinks(Address top, std::vector<RawFrame>& frames, Address& missing);
  Outside* FindOutside(Address frame);
  // Whether a frame outside that has called another stood still while the chunks were copied.
  bool StoodStill(const Outside& outside, bool is_leaf) const;
  bool InChunks(Address frame) const;
  CodeObject* CodeOf(const std::byte* bytes, std::size_t hint);
  RawFrame MakeFrame(Address frame, const std::byte* bytes, CodeObject* code) const;

  const Layout& layout_;
  CodeCache& codes_;
  Address interpreter_;
  Address thread_;

  SnapshotMemory snapshot_;
  bool ranges_stale_ = true;
  std::size_t thread_index_ = 0;
  std::size_t cframe_index_ = 0;
  Address cframe_;
  std::vector<Chunk> chunks_;  // oldest first
  std::uint64_t used_ = 0;     // bytes of the newest chunk that are copied
  std::vector<Outside> outside_;
  std::vector<Live> live_;          // root to leaf, of the last walk
  std::vector<CodeObject*> hints_;  // code of the last walk's live_, by position
};

}  // namespace osprey
