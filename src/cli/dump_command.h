// The options of `osprey dump`.
#pragma once

#include "cli/subcommand.h"

namespace osprey {

Subcommand AddDumpCommand(CLI::App& app);

}  // namespace osprey
