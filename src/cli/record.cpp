#include "cli/record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <ctime>
#include <memory>

#include "cli/command_end.h"
#include "cli/exit_code.h"
#include "cli/open_files.h"
#include "cli/output_file.h"
#include "cli/session.h"
#include "cli/single_process.h"
#include "cli/summary.h"
#include "cli/version.h"
#include "osprey/profile/profile.h"
#include "osprey/profile/timeline.h"
#include "osprey/sampler/process_family.h"
#include "osprey/target/launched_process.h"
#include "osprey/target/orphan_adoption.h"
#include "osprey/target/process_tree.h"

namespace osprey {
namespace {

struct PlannedReport {
  OutputFile file;
  std::unique_ptr<Reporter> reporter;
};

int Fail(const Error& error) {
  fmt::print(stderr, "osprey: {}\n", error.Message());
  return ExitCodeOf(error.code);
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

const char* EndingOf(Format format) {
  switch (format) {
    case Format::kFlamegraph:
      return ".svg";
    case Format::kRaw:
      return ".txt";
    case Format::kSpeedscope:
      return ".speedscope.json";
  }
  return "";
}

// NAME-DATE-TIME.ending: NAME is the script of an interpreter's command line, else the program.
std::string DefaultPath(const std::string& title, Format format) {
  std::string name;
  for (std::size_t start = 0; start <= title.size();) {
    const std::size_t end = std::min(title.find(' ', start), title.size());
    const std::string_view word = BaseName(std::string_view(title).substr(start, end - start));
    if (name.empty()) name = word;
    if (word.ends_with(".py")) {
      name = word.substr(0, word.size() - 3);
      break;
    }
    start = end + 1;
  }
  if (name.empty()) name = "osprey";
  return fmt::format("{}-{:%Y%m%d-%H%M%S}{}", name, fmt::localtime(std::time(nullptr)),
                     EndingOf(format));
}

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

std::string WhyEmpty(Session::End end, const std::string& refusal, bool has_left_out_children,
                     const RunFigures& figures, SampleMode mode) {
  if (end == Session::End::kNoPython && !refusal.empty()) return refusal;
  if (end == Session::End::kNoPython) {
    return std::string("no Python interpreter was ready before the end") +
           (has_left_out_children
                ? "; the command started other processes: -s (--subprocesses) profiles them too"
                : "");
  }
  if (figures.ticks == 0) return "the program ended before the first sample";
  if (mode == SampleMode::kCpu) {
    return "no thread ran Python code on a CPU while it was watched; --idle also counts threads "
           "that wait";
  }
  if (mode == SampleMode::kGil) return "no thread held the GIL while it was watched";
  if (mode == SampleMode::kException) {
    return "no thread raised or handled an exception while it was watched";
  }
  return "no thread ran Python code while it was watched";
}

std::string JoinCommand(const std::vector<std::string>& command) {
  std::string text;
  for (const std::string& word : command) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
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
Result<Session::End> SampleFamily(Session& session, pid_t root, bool is_launched) {
  AllowManyOpenFiles();
  auto family = ProcessFamily::Start(root, is_launched);
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
  if (options.pid) {
    auto opened = LiveTarget::Open(*options.pid);
    if (!opened) return Fail(opened.error());
    target = std::move(*opened);
  }
  const std::string title = target ? target->CommandLine() : JoinCommand(options.command);
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
    if (options.subprocesses) adoption.emplace();
    auto launched = LaunchedProcess::Start(options.command);
    if (!launched) return Fail(launched.error());
    child.emplace(std::move(*launched));
    auto opened = LiveTarget::Open(child->pid());
    // A command may be over before it can be looked at.
    if (!opened && opened.error().code != ErrorCode::kNoSuchProcess && !child->PollExit()) {
      const int status = Fail(opened.error());
      child->WaitExit();
      return status;
    }
    if (opened) target = std::move(*opened);
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
  Progress progress(child ? std::optional(child->pid()) : std::nullopt);
  Session session(options, stacks, std::move(sinks), *signals, progress);
  const std::string root = target ? target->WorkingDirectory() : std::string();
  Session::End end = Session::End::kNoPython;
  std::string refusal;
  // With --subprocesses a command that is over already may have children.
  if (options.subprocesses || target) {
    auto ended = Result<Session::End>(end);
    if (options.subprocesses) {
      ended = SampleFamily(session, child ? child->pid() : target->pid(), child.has_value());
    } else {
      SingleProcess process(*target, child ? &*child : nullptr);
      ended = session.Run(process);
      refusal = process.refusal();
    }
    if (!ended) return Fail(ended.error());
    end = *ended;
  }
  adoption.reset();
  // Whoever ends Osprey in this way, as supervisors do, means the command.
  if (child && session.stop_signal() == SIGTERM) child->Terminate();
  // From here on a second Ctrl-C ends Osprey at once; no file has its name yet.
  signals->Release();

  RunFigures& figures = session.figures();
  figures.osprey_version = kOspreyVersion;
  figures.asyncio.mode = AsyncModeName(options.sampling.async_mode);
  std::string empty_reason;
  if (figures.samples == 0) {
    const bool has_left_out_children =
        child && !child->is_reaped() && !options.subprocesses && HasHadChildren(child->pid());
    empty_reason = WhyEmpty(end, refusal, has_left_out_children, figures, options.sampling.mode);
  }
  AddOwnUsage(figures);
  const ReportInput input{
      profile,
      timeline ? &*timeline : nullptr,
      figures,
      title,
      ModeName(options.sampling.mode),
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
