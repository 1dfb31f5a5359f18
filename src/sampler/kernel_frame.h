// The frame that stands for the time in system calls.
#pragma once

#include "osprey/trace/stack_table.h"

namespace osprey {

inline FrameId InternKernelFrame(StackTable& stacks) {
  Frame frame;
  frame.function = stacks.strings().Intern("[kernel]");
  frame.kind = FrameKind::kMarker;
  return stacks.InternFrame(frame);
}

}  // namespace osprey
