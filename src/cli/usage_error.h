// What is said of a command line that cannot be understood, in words of our own where CLI11's are
// of little help.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/subcommand.h"

namespace osprey {

std::vector<std::string> SubcommandNames(const CLI::App& app);

// Of `words`, those after the program's name, which `app` has refused.
std::string UsageError(const CLI::App& app, const std::vector<std::string>& words,
                       const CLI::ParseError& error);
// Of `extra`, the last of `words`, which belong to no option of `subcommand`.
std::string ExtraWordsError(const Subcommand& subcommand, const std::vector<std::string>& words,
                            const std::vector<std::string>& extra);

}  // namespace osprey
