// Puts names into stacks whose native frames were addresses.
#pragma once

#include <set>
#include <span>
#include <vector>

#include "osprey/native/symbolizer.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

struct NamedStacks {
  StackTable stacks;
  std::vector<StackId> ids;  // by the raw stack's id: what became of it
  // By frame: whether it is of the file that holds the Python runtime.
  std::vector<bool> are_interpreters;
};

// The stacks of `raw` with the names of `names`: a native frame becomes its function and what was
// inlined into it, and addresses of the same function and line become one frame. All other frames
// are as they are in `raw`, under the names that they were given later. `interpreters` has the
// native frames of `raw` that are of a file that holds a Python runtime.
NamedStacks NameStacks(const StackTable& raw, const NativeNames& names,
                       const std::set<FrameId>& interpreters = {});

// The same stacks without what FoldInternals (folding.h) does not show. Only stacks whose raw ids
// are in `seen` are there; all other ids are those of the root.
NamedStacks FoldStacks(const NamedStacks& named, std::span<const StackId> seen);

}  // namespace osprey
