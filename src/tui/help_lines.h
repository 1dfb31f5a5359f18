// What the help says: the keys, and what the columns mean.
#pragma once

#include <vector>

#include "osprey/tui/styled_text.h"

namespace osprey {

std::vector<StyledLine> HelpLines(int columns, Charset charset);

}  // namespace osprey
