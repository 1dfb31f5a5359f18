// Writes a flame graph of what `osprey top` has seen so far.
#pragma once

#include <string>

#include "osprey/base/result.h"
#include "osprey/tui/top_model.h"

namespace osprey {

// To NAME-DATE-TIME.svg in the current folder, or NAME-DATE-TIME-2.svg, ... when that is there
// already; gives the whole path. `title` is the command, `own_root`
// the target's working directory. kIo, with the reason.
Result<std::string> WriteFlamegraph(const TopModel& model, const std::string& title,
                                    const std::string& own_root, bool full_filenames);

}  // namespace osprey
