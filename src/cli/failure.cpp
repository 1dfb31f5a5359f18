#include "cli/failure.h"

#include <fmt/format.h>

#include <cstdio>

namespace osprey {

int Fail(std::string_view message, int status) {
  (void)std::fflush(stdout);
  fmt::print(stderr, "osprey: {}\n", message);
  return status;
}

int Fail(const Error& error) { return Fail(error.Message(), ExitCodeOf(error.code)); }

}  // namespace osprey
