// `osprey top` on the command line.
#pragma once

#include "cli/subcommand.h"

namespace osprey {

Subcommand AddTopCommand(CLI::App& app);

}  // namespace osprey
