// `osprey record` on the command line.
#pragma once

#include "cli/subcommand.h"

namespace osprey {

Subcommand AddRecordCommand(CLI::App& app);

}  // namespace osprey
