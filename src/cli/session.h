// One run: samples the programs that a source finds, all by one clock.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/process_label.h"
#include "cli/session_host.h"
#include "cli/session_options.h"
#include "osprey/native/native_modules.h"
#include "osprey/sampler/native_sampler.h"
#include "osprey/sampler/program_source.h"
#include "osprey/sampler/sampler.h"
#include "osprey/trace/run_figures.h"

namespace osprey {

class Session {
 public:
  enum class End {
    kTargetEnded,  // it exited, or was killed; all did with --subprocesses
    kDurationOver,
    kStopped,   // by a signal to Osprey, or whoever runs the session
    kNoPython,  // the command ended, or time was over, before a Python was ready in it
  };

  // All must outlive the session. A second session may go on with the same tables. `modules` is
  // where native code is noted down.
  Session(const SessionOptions& options, StackTable& stacks, NativeModules& modules,
          std::vector<SampleSink*> sinks, SessionHost& host)
      : options_(options),
        stacks_(stacks),
        modules_(modules),
        sinks_(std::move(sinks)),
        host_(host) {
    figures_.requested_hz = options.rate_hz;
  }

  // Samples until the end. An error when there is no program to sample, in the source's words.
  Result<End> Run(ProgramSource& source);

  // The signal that ended Run; 0 when none did.
  int stop_signal() const { return stop_signal_; }
  // Complete once Run has returned, but for what is only known at the very end (processor time).
  RunFigures& figures() { return figures_; }

 private:
  struct Program {
    LiveTarget target;
    std::optional<ProcessRoot> root;        // with --subprocesses
    std::string identity;                   // LiveTarget::ProgramIdentity
    std::unique_ptr<NativeSampler> native;  // with --native
    std::unique_ptr<Sampler> python;        // null: it is no Python, or none yet
  };

  // Until a program is ready; false when `end` says why there will be none.
  Result<bool> AwaitProgram(ProgramSource& source, End& end);
  // Samples while there is a program; false when `end` says why that was the end of the run.
  bool SamplePrograms(ProgramSource& source, End& end);
  Result<ProgramSource::Outlook> AdoptNew(ProgramSource& source, TimePoint now);
  void Adopt(ProgramSource& source, FoundProgram found);
  // The program of what was found, if it is sampled already; else a new one, in the place of what
  // the process ran before.
  Program& ProgramOf(const FoundProgram& found);
  // Adds a native sampler to one that has none; false when there can be none.
  bool AddNative(Program& program, const SamplerOptions& sampling);
  void AddPython(Program& program, Runtime runtime, const SamplerOptions& sampling);
  Tick TakeTick(Program& program, TimePoint now);
  void Remove(const Program& program);
  // Takes what is left to know of one that is sampled no more.
  void Close(Program& program);
  void TakeTick(ProgramSource& source, TimePoint now);
  void RefreshRoots(TimePoint now);
  bool ShouldStop(TimePoint now, End& end);
  void SayWhoIsLeft(TimePoint now, ProgramSource::Outlook outlook);
  void CloseFigures();

  const SessionOptions& options_;
  StackTable& stacks_;
  NativeModules& modules_;
  std::vector<SampleSink*> sinks_;
  SessionHost& host_;
  RunFigures figures_;
  std::vector<std::unique_ptr<Program>> programs_;  // those that are sampled now
  std::vector<FoundProgram> found_;
  std::set<std::pair<pid_t, std::uint64_t>> processes_;  // all that were sampled, by start time
  std::optional<TimePoint> first_tick_;
  std::optional<TimePoint> stop_at_;
  int stop_signal_ = 0;
  TimePoint stop_checked_;
  TimePoint roots_refreshed_;
  std::optional<TimePoint> survivors_since_;
  bool said_who_is_left_ = false;
  Duration sampled_{0};
};

}  // namespace osprey
