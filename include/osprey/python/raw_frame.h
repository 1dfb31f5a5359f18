// What a walk of one thread finds, before anything is resolved to names.
#pragma once

#include <cstdint>

#include "osprey/base/address.h"
#include "osprey/python/code_cache.h"

namespace osprey {

struct RawFrame {
  Address frame;
  CodeObject* code = nullptr;
  std::int64_t byte_offset = 0;  // of the instruction in the bytecode; below 0: not started
  // C called the interpreter to run it: of those that this call of the evaluation function runs, it
  // is the first that is shown. All until 3.10.
  bool starts_evaluation = false;
  // What that call has left on the C stack, a local variable of the evaluation function
  // (Python/ceval.c): entry_frame from 3.12 on, and in 3.11 its _PyCFrame, once PlaceEntries has
  // found it. Null in other frames, and where it is not known.
  Address entry{};
};

// Why a walk ended where it did.
enum class WalkEnd {
  kComplete,  // from the leaf to the thread's first frame
  kCut,       // the frames are true, and some are known to be missing
  kNoFrames,  // the thread runs no Python code
  kRejected,  // it runs some, and nothing of it could be proved
  kGone,      // the thread is not there any more
};

}  // namespace osprey
