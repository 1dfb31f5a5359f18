// Puts names into stacks whose native frames were addresses.
#pragma once

#include <cstddef>
#include <vector>

#include "osprey/native/symbolizer.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

// Makes stacks of its own: a native frame becomes its function and what was inlined into it, and
// addresses of the same function and line become one frame. All other frames are as they are in the
// table that they come from.
class StackNamer {
 public:
  // Both must outlive this, and may grow meanwhile. `folds`: without what FoldInternals (folding.h)
  // does not show.
  StackNamer(const StackTable& raw, const NativeNames& names, bool folds)
      : raw_(raw), names_(names), folds_(folds) {}
  StackNamer(const StackNamer&) = delete;
  StackNamer& operator=(const StackNamer&) = delete;

  // What becomes of a stack of `raw`, whose native frames have the names that they will ever have.
  // Linear in its depth the first time, constant after that.
  StackId Name(StackId raw);
  // A frame of `raw` that is not native has got another name there (StackTable::Rename).
  void Rename(FrameId raw);

  const StackTable& stacks() const { return stacks_; }
  // By a raw stack's id, what Name gave; kRootStack where it was not asked for. As long as the
  // largest id that was.
  const std::vector<StackId>& ids() const { return ids_; }

 private:
  // What stands for one frame of `raw`, from root to leaf; empty: not looked at yet.
  using Translation = std::vector<FrameId>;

  const Translation& Translate(FrameId raw);
  void Fold(const std::vector<FrameId>& frames);

  const StackTable& raw_;
  const NativeNames& names_;
  const bool folds_;
  StackTable stacks_;
  std::vector<StackId> ids_;
  std::vector<Translation> translations_;  // by raw frame
  std::vector<bool> are_interpreters_;     // by frame: of a file that holds a Python runtime
  std::vector<FrameId> frames_;            // these two: kept for their memory
  std::vector<bool> shown_;
};

}  // namespace osprey
