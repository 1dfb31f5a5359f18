// A stack as it was taken of a thread.
#pragma once

#include "osprey/trace/ids.h"

namespace osprey {

struct TakenStack {
  StackId stack;
  bool is_cut = false;  // a part of it is missing, or nobody knows who called whom
};

}  // namespace osprey
