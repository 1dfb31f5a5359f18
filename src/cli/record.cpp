#include "cli/record.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <memory>
#include <optional>
#include <utility>

#include "cli/command_end.h"
#include "cli/default_path.h"
#include "cli/exit_code.h"
#include "cli/failure.h"
#include "cli/launched_target.h"
#include "cli/named_profile.h"
#include "cli/open_files.h"
#include "cli/option_values.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/single_process.h"
#include "cli/summary.h"
#include "cli/version.h"
#include "cli/why_empty.h"
#include "osprey/profile/profile.h"
#include "osprey/profile/timeline.h"
#include "osprey/sampler/process_family.h"
#include "osprey/target/orphan_adoption.h"
#include "osprey/target/process_tree.h"

namespace osprey {
namespace {

struct PlannedReport {
  OutputFile file;
  std::unique_ptr<Reporter> reporter;
};

// Stops for a signal, and shows on standard error how the run goes.
class RecordHost : public SessionHost {
 public:
  RecordHost(StopSignals& signals, std::optional<pid_t> command)
      : signals_(signals), progress_(command), has_command_(command) {}

  int StopAsked() override { return signals_.Take(); }
  void Show(TimePoint, Duration elapsed, const RunFigures& figures) override {
    progress_.Show(elapsed, figures);
  }
  void SaySurvivors() override {
    progress_.Clear();
    fmt::print(stderr,
               "osprey: the {} has ended; processes that it started still run: Ctrl-C writes the "
               "profile now\n",
               has_command_ ? "command" : "process");
  }
  void Clear() { progress_.Clear(); }

 private:
  StopSignals& signals_;
  Progress progress_;
  bool has_command_;
};

Result<std::vector<PlannedReport>> OpenOutputs(const RecordOptions& options,
                                               const std::string& title) {
  std::vector<PlannedReport> reports;
  for (const RecordOptions::Output& output : options.outputs) {
    auto file =
        OutputFile::Create(output.path.empty() ? DefaultPath(title, output.format) : output.path);
    if (!file) return file.error();
    reports.push_back({std::move(*file), MakeReporter(output.format, options.style)});
  }
  return reports;
}

// Writes every report; the first error is returned when all were tried.
Result<void> WriteReports(std::vector<PlannedReport>& reports, const ReportInput& input) {
  Result<void> result;
  for (PlannedReport& report : reports) {
    auto written = report.reporter->Write(input, report.file.stream());
    // The file knows better than the stream why it failed.
    auto committed = report.file.Commit();
    if (!committed) written = committed;
    if (!written && result) result = written;
    if (written && !report.file.is_stdout()) {
      fmt::print(stderr, "wrote {}\n", report.file.path());
    }
  }
  return result;
}

// Samples `root` and all who descend from it.
Result<Session::End> SampleFamily(Session& session, pid_t root, bool is_launched,
                                  bool with_native) {
  AllowManyOpenFiles();
  auto family = ProcessFamily::Start(root, is_launched, with_native);
  if (!family) return family.error();
  auto end = session.Run(**family);
  for (const ProcessFamily::Refusal& refusal : (*family)->TakeRefusals()) {
    spdlog::info("process {} is left out: {}", refusal.pid, refusal.error.Message());
    ++session.figures().errors["process_left_out"];
  }
  return end;
}

}  // namespace

int Record(const RecordOptions& options) {
  auto signals = StopSignals::Block();
  if (!signals) return Fail(signals.error());

  std::optional<LiveTarget> target;
  if (options.target.pid) {
    auto opened = LiveTarget::Open(*options.target.pid);
    if (!opened) return Fail(opened.error());
    target = std::move(*opened);
  }
  const std::string title = target ? target->CommandLine() : JoinCommand(options.target.command);
  auto reports = OpenOutputs(options, title);
  if (!reports) return Fail(reports.error());
  std::optional<OutputFile> stats;
  if (!options.stats_path.empty()) {
    auto file = OutputFile::Create(options.stats_path);
    if (!file) return Fail(file.error());
    stats.emplace(std::move(*file));
  }

  std::optional<LaunchedProcess> child;
  std::optional<OrphanAdoption> adoption;
  if (!target) {
    if (options.session.subprocesses) adoption.emplace();
    auto launched = LaunchedTarget::Start(options.target.command);
    if (!launched) return Fail(launched.error());
    child.emplace(std::move(launched->child));
    if (launched->problem) {
      const int status = Fail(*launched->problem);
      child->WaitExit();
      return status;
    }
    target = std::move(launched->target);
  }

  StackTable stacks;
  Profile profile(stacks);
  std::optional<Timeline> timeline;
  std::vector<SampleSink*> sinks = {&profile};
  for (const PlannedReport& report : *reports) {
    if (report.reporter->WantsTimeline() && !timeline) {
      timeline.emplace();
      sinks.push_back(&*timeline);
    }
  }
  RecordHost host(*signals, child ? std::optional(child->pid()) : std::nullopt);
  NativeModules modules(stacks);
  Session session(options.session, stacks, modules, std::move(sinks), host);
  const bool with_native = options.session.sampling.native != NativeMode::kOff;
  const std::string root = target ? target->WorkingDirectory() : std::string();
  Session::End end = Session::End::kNoPython;
  std::string refusal;
  // With --subprocesses a command that is over already may have children.
  if (options.session.subprocesses || target) {
    auto ended = Result<Session::End>(end);
    if (options.session.subprocesses) {
      ended = SampleFamily(session, child ? child->pid() : target->pid(), child.has_value(),
                           with_native);
    } else {
      SingleProcess process(*target, child ? &*child : nullptr, with_native);
      ended = session.Run(process);
      refusal = process.refusal();
    }
    if (!ended) return Fail(ended.error());
    end = *ended;
  }
  host.Clear();
  adoption.reset();
  // Whoever ends Osprey in this way, as supervisors do, means the command.
  if (child && session.stop_signal() == SIGTERM) child->Terminate();
  // From here on a second Ctrl-C ends Osprey at once; no file has its name yet.
  signals->Release();

  RunFigures& figures = session.figures();
  figures.osprey_version = kOspreyVersion;
  figures.asyncio.mode = AsyncModeName(options.session.sampling.async_mode);
  std::string empty_reason;
  if (figures.samples == 0) {
    const bool has_left_out_children = child && !child->is_reaped() &&
                                       !options.session.subprocesses &&
                                       HasHadChildren(child->pid());
    empty_reason = WhyEmpty(end, refusal, has_left_out_children, with_native, figures,
                            options.session.sampling.mode);
  }
  std::optional<NamedProfile> named;
  if (with_native) {
    named.emplace(stacks, modules, options.session.sampling.native, profile,
                  timeline ? &*timeline : nullptr);
    named->Report(figures);
  }
  AddOwnUsage(figures);
  const ReportInput input{
      named ? named->profile() : profile,
      named      ? named->timeline()
      : timeline ? &*timeline
                 : nullptr,
      figures,
      title,
      ModeName(options.session.sampling.mode),
      figures.ticks > 0 ? figures.duration_s / static_cast<double>(figures.ticks) : 0,
      empty_reason,
      root,
  };
  auto written = WriteReports(*reports, input);
  AddOwnUsage(figures);
  if (stats) {
    auto stats_written = WriteStats(figures, stats->stream());
    auto committed = stats->Commit();
    if (!committed) stats_written = committed;
    if (!stats_written && written) written = stats_written;
  }
  fmt::print(stderr, "{}\n", SummaryText(figures));
  if (!empty_reason.empty()) fmt::print(stderr, "the profile is empty: {}\n", empty_reason);
  if (timeline && timeline->truncated()) {
    fmt::print(stderr, "the order in time was kept only at first: {} samples came after it\n",
               timeline->dropped());
  }

  int status = kExitSuccess;
  if (child) status = AwaitCommand(*child, session.stop_signal() != 0);
  return written ? status : Fail(written.error());
}

}  // namespace osprey
