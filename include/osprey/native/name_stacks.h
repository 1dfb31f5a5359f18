// Puts names into stacks whose native frames were addresses.
#pragma once

#include <vector>

#include "osprey/native/symbolizer.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

struct NamedStacks {
  StackTable stacks;
  std::vector<StackId> ids;  // by the raw stack's id: what became of it
};

// The stacks of `raw` with the names of `names`: a native frame becomes its function and what was
// inlined into it, and addresses of the same function and line become one frame. All other frames
// are as they are in `raw`, under the names that they were given later.
NamedStacks NameStacks(const StackTable& raw, const NativeNames& names);

}  // namespace osprey
