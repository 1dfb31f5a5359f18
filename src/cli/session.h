// Follows one process from program to program, and samples the Python in it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/progress.h"
#include "cli/record_options.h"
#include "cli/signals.h"
#include "osprey/sampler/sampler.h"
#include "osprey/target/launched_process.h"
#include "osprey/target/live_target.h"
#include "osprey/trace/run_figures.h"

namespace osprey {

class Session {
 public:
  enum class End {
    kTargetEnded,  // it exited, or was killed
    kDurationOver,
    kStopped,   // by a signal to Osprey
    kNoPython,  // the command ended, or time was over, before a Python was ready in it
  };

  Session(const RecordOptions& options, StackTable& stacks, std::vector<SampleSink*> sinks,
          StopSignals& signals, Progress& progress)
      : options_(options),
        stacks_(stacks),
        sinks_(std::move(sinks)),
        signals_(signals),
        progress_(progress) {
    figures_.requested_hz = options.rate_hz;
  }

  // Samples until the end. `child` is the process when Osprey launched it: then its exec is waited
  // for, and its status is reaped. Without one, kNotFound when the process is no Python program.
  Result<End> Run(const LiveTarget& target, LaunchedProcess* child);

  // Complete once Run has returned, but for what is only known at the very end (processor time).
  RunFigures& figures() { return figures_; }
  // What the command turned out to be in place of a Python that Osprey knows; empty when nothing.
  const std::string& unsupported() const { return unsupported_; }

 private:
  // Until a Python is ready; none when `end` says why there will be none.
  Result<std::optional<Runtime>> AwaitRuntime(const LiveTarget& target, LaunchedProcess* child,
                                              End& end);
  // One program's samples; true when it was replaced by another and there may be more.
  bool SampleProgram(const LiveTarget& target, LaunchedProcess* child, Runtime runtime, End& end);
  bool ShouldStop(TimePoint now, End& end);
  void CloseFigures();

  const RecordOptions& options_;
  StackTable& stacks_;
  std::vector<SampleSink*> sinks_;
  StopSignals& signals_;
  Progress& progress_;
  RunFigures figures_;
  std::string unsupported_;
  std::optional<TimePoint> first_tick_;
  std::optional<TimePoint> stop_at_;
  TimePoint signals_checked_;
  Duration sampled_{0};
};

}  // namespace osprey
