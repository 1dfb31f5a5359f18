// The run's figures, for people and for programs.
#pragma once

#include <ostream>
#include <string>

#include "osprey/base/result.h"
#include "osprey/trace/run_figures.h"

namespace osprey {

// A few lines without a trailing line break.
std::string SummaryText(const RunFigures& figures);
// One JSON object with the members of the command line's page.
Result<void> WriteStats(const RunFigures& figures, std::ostream& out);
// Adds what the kernel says of Osprey itself: processor time and peak memory.
void AddOwnUsage(RunFigures& figures);

}  // namespace osprey
