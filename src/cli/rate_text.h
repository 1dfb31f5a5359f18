// Samples per second, as had and as they are written.
#pragma once

#include <string>

#include "osprey/trace/run_figures.h"

namespace osprey {

// What a run of that many seconds had. Never more than was asked for: the first look comes at once,
// so that a run shorter than the pause until the second one would claim any rate.
double RateHad(const RunFigures& figures, double seconds);
// "1000 Hz", "33.3 Hz", "0.5 Hz": never as a power of ten.
std::string RateText(double hz);

}  // namespace osprey
