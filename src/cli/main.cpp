// The program: everything that may go wrong below ends here in one line and a status.
#include <cstdio>
#include <exception>

#include "cli/command_line.h"
#include "cli/exit_code.h"

int main(int argc, char** argv) {
  try {
    return osprey::RunCommandLine(argc, argv);
  } catch (const std::exception& e) {
    (void)std::fprintf(stderr, "osprey: %s\n", e.what());
  }
  return osprey::kExitFailed;
}
