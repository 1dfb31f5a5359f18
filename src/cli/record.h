// `osprey record`: from options to files.
#pragma once

#include "cli/record_options.h"

namespace osprey {

// Profiles and writes; says on standard error what went wrong. Returns the exit status.
int Record(const RecordOptions& options);

}  // namespace osprey
