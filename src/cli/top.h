// `osprey top`: watches a program on a screen, or in plain tables.
#pragma once

#include "cli/top_options.h"

namespace osprey {

// Watches until the user or the program ends it; says on standard error what went wrong. Returns
// the exit status: that of a command, else 0.
int Top(const TopRunOptions& options);

}  // namespace osprey
