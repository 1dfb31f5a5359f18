// `osprey completions`: the shells' completion scripts, as they are installed.
#pragma once

#include "cli/subcommand.h"

namespace osprey {

Subcommand AddCompletionsCommand(CLI::App& app);

}  // namespace osprey
