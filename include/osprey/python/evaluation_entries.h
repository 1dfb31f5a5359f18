// Where on the C stack the calls of the evaluation function stand whose frames do not say it.
#pragma once

#include <span>

#include "osprey/base/address.h"
#include "osprey/python/layout.h"
#include "osprey/python/raw_frame.h"
#include "osprey/target/memory.h"

namespace osprey {

// Sets `entry` of the frames that start an evaluation, for the versions whose _PyCFrame says where
// (3.11: Python/ceval.c, _PyEval_EvalFrameDefault), and does nothing for the others. `frames`, root
// to leaf, were walked in `memory`, whose thread state is at `thread` and stands still. Where the
// list of _PyCFrames does not fit the frames all stay without.
void PlaceEntries(const Layout& layout, const Memory& memory, Address thread,
                  std::span<RawFrame> frames);

}  // namespace osprey
