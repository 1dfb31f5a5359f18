// A command that is launched to be looked at.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "osprey/base/result.h"
#include "osprey/target/launched_process.h"
#include "osprey/target/live_target.h"

namespace osprey {

struct LaunchedTarget {
  LaunchedProcess child;
  std::optional<LiveTarget> target;  // none: it was over before it could be looked at, or `problem`
  std::optional<Error> problem;      // it runs, but may not be looked at

  // Errors as LaunchedProcess::Start.
  static Result<LaunchedTarget> Start(const std::vector<std::string>& command,
                                      const Redirections& redirections = {});
};

// The words of `command` with blanks between.
std::string JoinCommand(const std::vector<std::string>& command);

}  // namespace osprey
