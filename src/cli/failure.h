// How Osprey says that it has failed.
#pragma once

#include <string_view>

#include "cli/exit_code.h"
#include "osprey/base/error.h"

namespace osprey {

// "osprey: MESSAGE" on standard error, below what standard output has; returns `status`.
int Fail(std::string_view message, int status = kExitFailed);
// The same with the error's message and status.
int Fail(const Error& error);

}  // namespace osprey
