// Walks one thread of CPython 3.10 and earlier, whose frames are objects on the heap linked by
// f_back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "osprey/python/layout.h"
#include "osprey/python/raw_frame.h"
#include "osprey/target/snapshot_memory.h"

namespace osprey {

// One system call copies all frames met lately: the path of the walk before, then the thread state
// with its top pointer, then the topmost frames once more together with others that were met
// beside the path. Frame objects are used again and again by the interpreter (co_zombieframe until
// 3.9, a free list in 3.10), so a handful of addresses covers a whole loop of calls, and those
// that lie close together are copied in one piece.
//
// The second copy is the sample: the frames that execute in it form the stack. The top pointer
// tells which frames to copy, and decides where two copied pieces contradict each other.
class FrameObjectWalker {
 public:
  FrameObjectWalker(const Layout& layout, CodeCache& codes, Address interpreter, Address thread)
      : layout_(layout),
        codes_(codes),
        interpreter_(interpreter),
        thread_(thread),
        start_(std::min(layout.interpreter_frame.previous, layout.interpreter_frame.ob_refcnt)) {}

  // Fills `frames` from root to leaf.
  WalkEnd Walk(const Memory& memory, std::vector<RawFrame>& frames) {
    return WalkCopy(memory, Ranges().Refill(memory), frames);
  }
  // The two halves of Walk, as in DataStackWalker.
  SnapshotMemory& Ranges();
  WalkEnd WalkCopy(const Memory& memory, Result<std::size_t> arrived,
                   std::vector<RawFrame>& frames);

  // The same of a thread that stands still: its links cannot be torn, so that all of them hold.
  WalkEnd WalkStill(const Memory& memory, std::vector<RawFrame>& frames);

  // What one walk copies.
  const SnapshotMemory& snapshot() const { return snapshot_; }
  // From now on walks copy so many bytes of the thread state at least.
  void CopyThreadState(std::size_t bytes) {
    thread_bytes_ = bytes;
    ranges_stale_ = true;
  }
  // The thread state as the last walk copied it.
  const std::byte* thread_state() const { return snapshot_.View(thread_index_); }

 private:
  static constexpr std::size_t kNotCopied = SIZE_MAX;
  struct Known {
    Address frame;
    std::size_t before = kNotCopied;  // where its header lies in the copy before the top pointer
    std::size_t after = kNotCopied;   // and in the one after it
    unsigned unused = 0;              // walks since it was last on the stack
  };
  struct Link {
    std::size_t known;  // index in known_
    const std::byte* header;
  };
  struct Learned {
    Address frame;
    std::array<std::byte, 128> header{};
  };
  enum class Step { kDone, kAgain, kGone };

  Step Attempt(const Memory& memory, const Result<std::size_t>& arrived,
               std::vector<RawFrame>& frames, WalkEnd& end);
  // Starts anew, as for a thread that was never walked.
  void Forget();
  // The chain from the top frame down into chain_, without frames on top that do not execute (yet,
  // or any more); false where it does not hold, or `unknown` is not copied yet.
  bool FollowStillLinks(Address top, Address& unknown);
  // Which first frame the stack stands on, into root_, after the chain of the top pointer was
  // followed; false where that is in doubt. It is that of the walk before as long as that one runs:
  // a frame just being made, or taken over by another thread, leads elsewhere. A greenlet leads
  // elsewhere as well, and those that wait look as if they ran; where two attempts in a row lead
  // to, the thread has gone, and to a generator after some more.
  bool FindRoot(bool top_is_linked);
  // The leaf in the second copy, above root_; known_.size() where it shows none beyond doubt.
  std::size_t TopOfCopy(Address top, bool top_is_linked);
  // Follows f_back from `known` into chain_, to a frame that none has called; false when one copy
  // contradicts another. `unknown` is a frame that is not copied yet, else null.
  bool FollowLinks(std::size_t known, Address& unknown);
  bool Resolve(std::vector<RawFrame>& frames);
  // The stack of the copy, into chain_, from a top frame that it has; false where it shows none,
  // and a frame that it lacks may have been learned.
  bool FollowKnown(const Memory& memory, Address top);
  // The same from one that it lacks: it is read now, or, where it has ended, the one that is on top
  // then, which is the leaf if the copy has what called it. By the next copy it would have ended.
  bool FollowNew(const Memory& memory, Address top);
  // Reads `frame` and its callers into learned_ and known_, up to one that was known before. Gives
  // that one, or null when there is none.
  Address Learn(const Memory& memory, Address frame);
  void OrderByChain();
  void BuildRanges();
  enum class Copy { kBefore, kAfter };
  void AddPieces(std::vector<std::size_t> which, Copy copy);

  const std::byte* Bytes(std::size_t position) const { return snapshot_.View(0) + position; }
  // The newest copy of its header.
  const std::byte* HeaderOf(const Known& known) const {
    return Bytes(known.after != kNotCopied ? known.after : known.before);
  }
  bool IsLive(const std::byte* header) const;
  // Whether it may stand below a live frame: the interpreter calls trace functions before it marks
  // a frame as executing, and in 3.10 after it has marked it as one that leaves.
  bool MayCall(const std::byte* header) const;
  Address PreviousOf(const std::byte* header) const;
  Address CodeOf(const std::byte* header) const;
  std::size_t Find(Address frame) const;

  const Layout& layout_;
  CodeCache& codes_;
  Address interpreter_;
  Address thread_;
  // What is copied of a frame object begins with the first member that is looked at.
  Offset start_;

  SnapshotMemory snapshot_;
  bool ranges_stale_ = true;
  std::size_t thread_index_ = 0;
  std::size_t thread_bytes_ = 0;
  std::vector<Known> known_;  // the last path from root to leaf, then others, the newest last
  std::unordered_map<Address, std::size_t> by_frame_;
  std::size_t path_size_ = 0;
  std::size_t root_ = 0;     // index in known_ of the frame that the stack stands on
  Address other_root_;       // to which the attempt before led, though that of the path runs
  unsigned sightings_ = 0;   // attempts in a row that led there
  std::vector<Link> chain_;  // leaf to root, of the walk at hand
  std::vector<std::size_t> tops_;
  std::vector<Learned> learned_;  // leaf to root, the last time
  std::vector<CodeObject*> hints_;
};

}  // namespace osprey
