// What stands at the top: the process and its figures.
#pragma once

#include <string>
#include <vector>

#include "osprey/tui/top_screen.h"

namespace osprey {

StyledLine TitleLine(const TopModel& model, const TopFacts& facts, int columns);
// The same without filling the line.
std::string PlainTitle(const TopModel& model, const TopFacts& facts, int columns);
// At most `max_lines`; the figures that matter least are left out where there is no room, and those
// that nobody knows everywhere.
std::vector<StyledLine> FigureLines(const TopModel& model, const TopFacts& facts, int columns,
                                    int max_lines);
}  // namespace osprey
