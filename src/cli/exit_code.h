// What Osprey's own exit statuses mean; a profiled command's status is passed on as it is.
#pragma once

#include "osprey/base/error.h"

namespace osprey {

enum ExitCode : int {
  kExitSuccess = 0,
  kExitFailed = 125,         // Osprey itself failed
  kExitCannotRun = 126,      // the command cannot be executed
  kExitNoSuchCommand = 127,  // there is no such command
};

constexpr int ExitCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kCannotRun:
      return kExitCannotRun;
    case ErrorCode::kNoSuchCommand:
      return kExitNoSuchCommand;
    default:
      return kExitFailed;
  }
}

}  // namespace osprey
