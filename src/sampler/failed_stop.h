// What becomes of a thread that could not be stopped.
#pragma once

#include "osprey/base/error.h"
#include "osprey/trace/run_figures.h"

namespace osprey {

// Counts it; the first that is not just a thread's end is kept for people to read.
inline void CountFailedStop(const Error& error, RunFigures& figures) {
  if (error.code == ErrorCode::kNoSuchProcess) return;
  ++figures.errors["thread_stop"];
  if (figures.native.problem.empty()) figures.native.problem = error.Message();
}

}  // namespace osprey
