// `osprey completions`: the shells' completion scripts, as they are installed.
#pragma once

#include <string_view>

namespace osprey {

// Prints the script for "bash", "zsh" or "fish" on standard output. Returns the exit status.
int PrintCompletions(std::string_view shell);

}  // namespace osprey
