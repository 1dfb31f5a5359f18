// One subcommand of osprey, as its own file adds it to the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "osprey/base/result.h"

namespace osprey {

struct Subcommand {
  CLI::App* app = nullptr;  // belongs to the App that it was added to
  // Whether a command may follow after "--".
  bool takes_command = false;
  // Checks what was parsed, and starts. `command` is what followed "--". Returns the exit status,
  // or the error that the user is to be told.
  std::function<Result<int>(std::vector<std::string> command)> run;
};

}  // namespace osprey
