// The thread of `osprey top` that samples.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "cli/session.h"
#include "cli/session_host.h"
#include "cli/session_options.h"
#include "cli/slice_namer.h"
#include "osprey/target/launched_process.h"
#include "osprey/target/live_target.h"
#include "osprey/target/orphan_adoption.h"
#include "osprey/trace/stack_table.h"
#include "osprey/tui/slice_collector.h"

namespace osprey {

// Runs sessions one after the other, with the same tables. All but the thread's own work is for the
// thread that made it.
class TopSampling : private SessionHost {
 public:
  // `target` is none for a command that is over already; `child` is null without a command. Both
  // must outlive this. `period` and `first` as of
  // SliceCollector.
  static Result<std::unique_ptr<TopSampling>> Create(const SessionOptions& options,
                                                     const LiveTarget* target,
                                                     LaunchedProcess* child, Duration period,
                                                     Duration first);
  ~TopSampling() override;
  TopSampling(const TopSampling&) = delete;
  TopSampling& operator=(const TopSampling&) = delete;

  void Start();
  // Ends the session and waits for that, some twenty milliseconds.
  void Stop();
  // Ends the session and begins another, with or without subprocesses.
  void SetSubprocesses(bool on);
  bool subprocesses() const { return options_.subprocesses; }
  // The same with or without native frames.
  void SetNative(bool on);
  bool native() const { return options_.sampling.native != NativeMode::kOff; }

  // Whether the session has ended by itself.
  bool IsOver() const { return is_over_; }
  // Once it has ended, and Stop was called: how, or why it could not be.
  const Result<Session::End>& end() const { return end_; }
  const std::string& refusal() const { return refusal_; }  // as SingleProcess::refusal
  const RunFigures& figures() const { return figures_; }
  // True once when others than the process given go on after its end.
  bool TakeSurvivors() { return has_survivors_.exchange(false); }

  // As those of SliceCollector; all frames have their names.
  int fd() const { return namer_->fd(); }
  std::unique_ptr<Slice> Take() { return namer_->Take(); }

 private:
  TopSampling(const SessionOptions& options, const LiveTarget* target, LaunchedProcess* child)
      : options_(options),
        folds_(options.sampling.native != NativeMode::kAll),
        target_(target),
        child_(child) {}
  // Ends the session; what is left of its time goes to the next.
  void EndSession();
  void Run();
  Result<Session::End> RunSession(Session& session);

  int StopAsked() override;
  void Show(TimePoint now, Duration elapsed, const RunFigures& figures) override;
  void ShowWait(TimePoint now, const RunFigures& figures) override;
  void SaySurvivors() override { has_survivors_ = true; }

  SessionOptions options_;
  const bool folds_;  // the interpreter's own frames are left out
  const LiveTarget* target_;
  LaunchedProcess* child_;
  StackTable stacks_;  // the thread's own
  NativeModules modules_{stacks_};
  std::unique_ptr<SliceCollector> collector_;
  std::unique_ptr<SliceNamer> namer_;
  std::optional<OrphanAdoption> adoption_;
  Duration sampled_{0};  // in the sessions before; then of this one, by its thread
  Duration elapsed_{0};
  bool has_sampled_ = false;  // by its thread, in this session or one before

  std::atomic<bool> must_stop_ = false;
  std::atomic<bool> is_over_ = false;
  std::atomic<bool> has_survivors_ = false;
  Result<Session::End> end_ = Session::End::kNoPython;
  std::string refusal_;
  RunFigures figures_;
  std::thread thread_;
};

}  // namespace osprey
