// Walks one thread of CPython 3.11 and later, whose frames lie next to each other in the chunks
// of its data stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "osprey/python/data_stack_chunks.h"
#include "osprey/python/layout.h"
#include "osprey/python/live_frames.h"
#include "osprey/python/outside_frames.h"
#include "osprey/python/raw_frame.h"
#include "osprey/target/snapshot_memory.h"

namespace osprey {

// One system call copies the thread state, then the top pointer, then the chunks, and the frames
// outside them before and after.
//
// The copy of a chunk is the sample: it takes some tens of nanoseconds, and says by itself which of
// its frames were live (live_frames.h). Only where C code stands between two frames does the top
// pointer have to decide.
class DataStackWalker {
 public:
  DataStackWalker(const Layout& layout, CodeCache& codes, Address interpreter, Address thread)
      : layout_(layout),
        interpreter_(interpreter),
        thread_(thread),
        has_generation_(layout.interpreter_state.code_object_generation != kAbsent),
        outside_(layout),
        live_frames_(layout, codes) {}

  // Fills `frames` from root to leaf.
  WalkEnd Walk(const Memory& memory, std::vector<RawFrame>& frames) {
    return WalkCopy(memory, Ranges().Refill(memory), frames);
  }
  // The same of a thread that stands still while it is walked: every link holds.
  WalkEnd WalkStill(const Memory& memory, std::vector<RawFrame>& frames);
  // The two halves of Walk, for those who copy several threads together: the ranges to be refilled,
  // and the walk of what `arrived`, which copies anew by itself where that is not enough.
  SnapshotMemory& Ranges();
  WalkEnd WalkCopy(const Memory& memory, Result<std::size_t> arrived,
                   std::vector<RawFrame>& frames);

  // What one walk copies.
  const SnapshotMemory& snapshot() const { return snapshot_; }
  // From now on walks copy so many bytes of the thread state at least.
  void CopyThreadState(std::size_t bytes) {
    thread_bytes_ = bytes;
    ranges_stale_ = true;
  }
  // How many code objects its interpreter had freed when the last walk began to copy the frames
  // (_code_object_generation, Include/internal/pycore_interp_structs.h); none where nobody counts.
  std::optional<std::uint64_t> code_object_generation() const;
  // The thread state as the last walk copied it.
  const std::byte* thread_state() const { return snapshot_.View(thread_index_); }

 private:
  // _PyCFrame, on the C stack: one for every entry from C. All that were met are copied every
  // time: a walk that only read the last one again would find just the calls that last longer.
  struct CFrame {
    Address address;
    std::size_t index = 0;  // in snapshot_
    unsigned unused = 0;    // walks since it was met last
  };
  enum class Step { kDone, kAgain, kGone };

  Step Attempt(const Memory& memory, const Result<std::size_t>& arrived,
               std::vector<RawFrame>& frames, WalkEnd& end);
  Step HandleShortRead(const Memory& memory, std::size_t arrived);
  void BuildRanges();
  void ForgetUnused();
  // The top frame as the copied thread says; false when a copy that tells has yet to be learned.
  bool ReadTop(const std::byte* thread, Address& top);
  // Where the top frame, in the chunks, is not shown: whether one outside the chunks that leads to
  // `leaf` has called it, which is the leaf then. False as ReadReach.
  bool ReadCaller(const Memory& memory, Address top, Address& leaf);
  // Below the thread's base frame there is no other. Of the copy in hand.
  Address NullIfBase(Address frame) const;
  // The first frame in the chunks at or below `top`; false when a frame has yet to be learned.
  bool ReadReach(Address top, Address& reach);
  // Down from `top` by the links; false when a link leads nowhere known (then `missing` says
  // where, or is null for a contradiction).
  bool FollowLinks(Address top, std::vector<RawFrame>& frames, Address& missing);
  // Whether the caller of a frame that was sighted at one end of the copy was the same then; `then`
  // is how it stood.
  bool StoodThen(OutsideFrames::When when, const LiveFrame& live, LiveFrame& then,
                 Address& missing);
  CFrame* FindCFrame(Address address);
  static bool IsShown(const LiveFrame& live, bool is_leaf);

  const Layout& layout_;
  Address interpreter_;
  Address thread_;

  SnapshotMemory snapshot_;
  bool is_still_ = false;  // while WalkStill walks
  bool ranges_stale_ = true;
  std::size_t thread_index_ = 0;
  std::size_t thread_bytes_ = 0;
  std::optional<std::size_t> generation_index_;
  bool has_generation_;
  std::vector<CFrame> cframes_;
  DataStackChunks chunks_;
  OutsideFrames outside_;
  LiveFrames live_frames_;
};

}  // namespace osprey
