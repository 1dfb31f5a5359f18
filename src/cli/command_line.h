// The words of the command line, told to CLI11.
#pragma once

namespace osprey {

// Parses and runs; returns the exit status.
int RunCommandLine(int argc, char** argv);

}  // namespace osprey
