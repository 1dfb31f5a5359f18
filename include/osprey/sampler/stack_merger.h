// Puts the Python frames of a thread where its native stack runs them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "osprey/native/native_frame.h"
#include "osprey/python/raw_frame.h"
#include "osprey/sampler/evaluation_frames.h"

namespace osprey {

struct NativeSide {
  std::span<const NativeFrame> frames;  // leaf to root
  std::span<const NativeRole> roles;    // of each of them
  bool is_complete = false;             // down to where the thread began
  // What was walked. Until 3.10 it says where frames belong; for later versions it may be empty.
  Address stack_start;
  std::span<const std::byte> stack;
};

struct PythonSide {
  std::span<const RawFrame> frames;  // root to leaf, entries placed (evaluation_entries.h)
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
// A Python frame goes where it is proven to belong. From 3.11 on the evaluation that runs it has a
// variable on the C stack (RawFrame::entry), which lies in the part of one native frame. Until 3.10
// what called the evaluation function needs the frame object once more afterwards, so that its
// address stands in the caller's part of the stack, or in the registers that the evaluation has
// saved for it; and evaluations that were called earlier cannot have it.
// docs/decisions/0013-merging-native-and-python.md has more.
class StackMerger {
 public:
  // Fills `merged` from root to leaf. False where the two sides do not fit: then all native frames
  // come first, and the Python frames after them. A native stack that is not complete fits where
  // what is there of it does; the Python frames that lie beyond it come first.
  bool Merge(const NativeSide& native, const PythonSide& python, std::vector<MergedFrame>& merged);

  // Whether the innermost evaluation of what was merged last runs no Python frame: the thread was
  // entering or leaving it, or the walk of its Python frames has missed one.
  bool has_idle_evaluation() const {
    return !evaluations_.empty() && evaluations_.back().group == SIZE_MAX;
  }

 private:
  struct Evaluation {
    std::size_t native;            // index in the native frames
    Address start, end;            // its part of the stack; both null where it is not known
    Address caller_end;            // of its caller's part, which begins at `end`
    std::size_t group = SIZE_MAX;  // of groups_: what it runs
  };
  struct Group {  // Python frames that one evaluation runs: [first, last)
    std::size_t first, last;
  };
  void CollectEvaluations(const NativeSide& native);
  // False where the first frame of the outermost evaluation is missing.
  bool CollectGroups(const PythonSide& python);
  bool Place(const NativeSide& native, const PythonSide& python);
  static bool Runs(const Evaluation& evaluation, const RawFrame& first, const NativeSide& native);
  void Emit(const NativeSide& native, std::vector<MergedFrame>& merged) const;

  std::vector<Evaluation> evaluations_;  // root to leaf
  std::vector<Group> groups_;            // root to leaf
  std::size_t beyond_ = 0;               // so many of groups_ lie beyond the native stack
};

}  // namespace osprey
