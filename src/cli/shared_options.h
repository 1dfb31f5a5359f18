// The groups of options that subcommands share: each is added, and checked, in one place.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/session_options.h"
#include "osprey/base/result.h"
#include "osprey/report/reporter.h"

namespace osprey {

// Each group keeps the words as they are typed, which must live as long as the App that they were
// added to. Check is for when all of them are there, and gives kInvalidArgument with what to do.

// -p PID, or a command after "--".
struct TargetChoice {
  std::optional<int> pid;
  std::vector<std::string> command;
};
struct TargetWords {
  std::string pid;

  void AddTo(CLI::App& app);
  // `command` is what followed "--". One of both has to be there.
  Result<TargetChoice> Check(const CLI::App& app, std::vector<std::string> command) const;
};

// How to sample: rate, duration, which threads and processes.
struct SamplingWords {
  std::string rate = "1000", duration = "unlimited", mode, async_mode;
  bool subprocesses = false, gil = false, idle = false, threads = false, nonblocking = false;

  void AddTo(CLI::App& app);
  Result<SessionOptions> Check() const;
};

// Whether native frames are sampled, too.
struct NativeWords {
  std::string native;

  void AddTo(CLI::App& app);
  NativeMode Mode() const;
};

// How frames are written.
struct StyleWords {
  bool function = false, nolineno = false, full_filenames = false;

  void AddTo(CLI::App& app);
  FrameStyle Style() const { return {function, !nolineno, full_filenames}; }
};

// What Osprey says of its own doings, on standard error.
struct LogWords {
  std::string level = "warning";

  void AddTo(CLI::App& app);
  // Makes it so for the whole program; to be called once.
  void Apply() const;
};

// A kInvalidArgument in these words.
Error UsageFault(std::string text);

}  // namespace osprey
