// What stands above the table: the process, its figures, and what the percentages are of.
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
StyledLine ScopeLine(const TopModel& model, const TopFacts& facts, int columns);

}  // namespace osprey
