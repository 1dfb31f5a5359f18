// Puts the Python frames of a thread where its native stack runs them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "osprey/native/native_frame.h"
#include "osprey/python/raw_frame.h"
#include "osprey/sampler/evaluation_frames.h"
#include "osprey/sampler/frame_slot.h"

namespace osprey {

struct NativeSide {
  std::span<const NativeFrame> frames;  // leaf to root
  std::span<const NativeRole> roles;    // of each of them
  bool is_complete = false;             // down to where the thread began
  StackBytes stack;                     // what was walked; without it the places of some are not known
};

struct PythonSide {
  std::span<const RawFrame> frames;  // root to leaf, entries placed (evaluation_entries.h)
  bool is_complete = false;          // WalkEnd::kComplete or kNoFrames
};

struct MergedFrame {
  enum class Side : std::uint8_t { kNative, kPython };
  Side side;
  std::uint32_t index;  // in the frames of that side

  bool operator==(const MergedFrame&) const = default;
};

// Each frame of the evaluation function is replaced by the Python frames that it runs, with the
// handlers that run them for it; all other frames of both sides stay, in their order.
//
// A Python frame goes where it is proven to belong: from 3.11 on where the variable lies that its
// evaluation has on the C stack (RawFrame::entry), until 3.10 where the evaluation has the address
// of its frame object (frame_slot.h). As long as that is not learned yet, by number, when both
// sides are complete and have as many. docs/decisions/0013-merging-native-and-python.md has why.
//
// One for each program: what it learns holds for one evaluation function.
class StackMerger {
 public:
  // Fills `merged` from root to leaf. False where the two sides do not fit: then all native frames
  // come first, and the Python frames after them. A native stack that is not complete fits where
  // what is there of it does; the Python frames that lie beyond it come first.
  bool Merge(const NativeSide& native, const PythonSide& python, std::vector<MergedFrame>& merged);

 private:
  struct Evaluation {
    std::size_t native;            // index in the native frames
    Address start, end;            // its part of the stack; both null where it is not known
    std::size_t group = SIZE_MAX;  // of groups_: what it runs
  };
  struct Group {  // Python frames that one evaluation runs: [first, last)
    std::size_t first, last;
  };
  enum class By : std::uint8_t { kNothing, kEntry, kFrameObject };

  void CollectEvaluations(const NativeSide& native);
  // False where what C called at the root is not known.
  bool CollectGroups(const PythonSide& python);
  // What says of all frames where they belong.
  By Evidence(const PythonSide& python) const;
  bool Place(const NativeSide& native, const PythonSide& python);
  bool PlaceByNumber(const NativeSide& native, const PythonSide& python);
  bool Runs(const Evaluation& evaluation, const RawFrame& first, const NativeSide& native,
            By by) const;
  void Emit(const NativeSide& native, std::vector<MergedFrame>& merged) const;

  std::vector<Evaluation> evaluations_;  // root to leaf
  std::vector<Group> groups_;            // root to leaf
  std::size_t beyond_ = 0;               // so many of groups_ lie beyond the native stack
  FrameSlot slot_;
};

}  // namespace osprey
