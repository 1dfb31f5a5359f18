// The frames of a coroutine that does not run, and of those that it awaits.
#pragma once

#include <vector>

#include "osprey/python/code_cache.h"
#include "osprey/python/object_kinds.h"
#include "osprey/python/planned_reads.h"
#include "osprey/python/task_graph.h"

namespace osprey {

class AwaitChainReader {
 public:
  AwaitChainReader(const Layout& layout, CodeCache& codes, ObjectKinds& kinds)
      : layout_(layout), codes_(codes), kinds_(kinds) {}

  // Fills state, root_frame, frames and is_cut of `task` from its coroutine; what cannot be read
  // or is no coroutine gives kGone. Worth nothing when `reader` is_missing() afterwards.
  void Read(PlanReader& reader, Address coroutine, Task& task);

 private:
  struct Level {
    TaskState state = TaskState::kGone;
    Address frame;
    Address executable;
    AwaitFrame code;
    Address awaited;  // null: nothing that is known
  };

  Level ReadFrameObject(PlanReader& reader, const std::byte* head);
  Level ReadInlineFrame(PlanReader& reader, Address generator);
  // What lies on top of the frame's value stack. `at` is where the piece in hand begins.
  Address ReadAwaited(PlanReader& reader, Address at, const std::byte* frame,
                      Address frame_address);

  const Layout& layout_;
  CodeCache& codes_;
  ObjectKinds& kinds_;
};

}  // namespace osprey
