// What the screen and the plain tables of `osprey top` share while they watch.
#pragma once

#include <sys/types.h>

#include <string>

#include "cli/command_output.h"
#include "cli/signals.h"
#include "cli/top_options.h"
#include "cli/top_sampling.h"
#include "osprey/base/duration.h"
#include "osprey/base/result.h"
#include "osprey/tui/top_model.h"
#include "osprey/tui/top_screen.h"

namespace osprey {

struct WatchEnd {
  enum class Why { kQuit, kSignal, kOver } why = Why::kOver;
  int signal = 0;  // of a kSignal
};

// Everything but `facts`, `model` and `usage_read` is somebody else's.
struct TopWatch {
  const TopRunOptions& options;
  const LiveTarget* target;  // null: a command that was over before it could be looked at
  StopSignals& signals;
  TopSampling& sampling;
  CommandOutput* output;  // null without a command
  pid_t root;
  std::string title;
  std::string own_root;  // the target's working directory
  TopModel model;
  TopFacts facts;
  TimePoint usage_read;

  // Takes over what the sampling thread has left; true when there was something.
  bool TakeSlice();
  // Reads what the processes use of the machine and what the program calls itself, twice a second
  // at the most.
  void ReadUsage(TimePoint now);
};

// Each returns when the user, a signal or the program's end says so; the sampling may still go on.
// With a screen: the first waits for a moment, so that no screen flashes up for an error. An error
// is that of the terminal.
Result<WatchEnd> WatchOnScreen(TopWatch& watch);
// A table every `delay` on standard output, or one. kIo as PrintTable.
Result<WatchEnd> WatchPlainly(TopWatch& watch);
// The table as it stands, on standard output: as long as a terminal is high, or `leaves_room` for
// the end of what stands above it. kIo when that cannot be written.
Result<void> PrintTable(TopWatch& watch, bool leaves_room = false);

}  // namespace osprey
