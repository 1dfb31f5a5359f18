// The line that says what the percentages are of, and which of the samples are shown.
#pragma once

#include "osprey/tui/top_screen.h"

namespace osprey {

// Where there is little room what explains goes first. What the user has chosen stays longest, in
// short words, and a filter always.
StyledLine ScopeLine(const TopModel& model, const TopFacts& facts, int columns);

}  // namespace osprey
