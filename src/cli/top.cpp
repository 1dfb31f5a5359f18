#include "cli/top.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/command_end.h"
#include "cli/command_output.h"
#include "cli/exit_code.h"
#include "cli/failure.h"
#include "cli/launched_target.h"
#include "cli/signals.h"
#include "cli/top_sampling.h"
#include "cli/top_watch.h"
#include "cli/why_empty.h"
#include "osprey/report/frame_namer.h"
#include "osprey/target/process_tree.h"
#include "osprey/tui/top_view.h"

namespace osprey {
namespace {

// The command, with its output out of the screen's way, and its input not from the keys.
Result<LaunchedTarget> Launch(const TopRunOptions& options, const CommandOutput& output,
                              bool has_screen) {
  Redirections redirections;
  redirections.output = output.fd();
  UniqueFd nothing;
  if (has_screen) {
    nothing.Reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!nothing.valid()) return ErrnoError(ErrorCode::kIo, "cannot open /dev/null");
    redirections.input = nothing.get();
  }
  return LaunchedTarget::Start(options.target.command, redirections);
}

// What is to be said when the run has ended by itself: the last table, and why it ended.
Result<void> SayEnd(TopWatch& watch, bool has_command, bool has_left_out_children,
                    bool stands_below_output) {
  const auto& end = watch.sampling.end();
  const char* who = has_command ? "the command" : "the process";
  if (watch.model.since_start().ticks > 0) {
    watch.facts.is_over = true;
    if (auto printed = PrintTable(watch, stands_below_output); !printed) return printed;
  } else {
    const std::string why =
        WhyEmpty(*end, watch.sampling.refusal(), has_left_out_children, watch.sampling.native(),
                 watch.sampling.figures(), SampleModeOf(watch.options.view.shown));
    fmt::print(stderr, "osprey: nothing was seen: {}\n", why);
    return {};
  }
  if (*end == Session::End::kTargetEnded) fmt::print(stderr, "osprey: {} has ended\n", who);
  return {};
}

}  // namespace

int Top(const TopRunOptions& options) {
  (void)std::setlocale(LC_CTYPE, "");  // which characters the terminal shows, and how wide
  const bool has_screen = !options.is_once && TopView::IsPossible();
  auto signals = has_screen ? StopSignals::Block({SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT})
                            : StopSignals::Block({SIGHUP});
  if (!signals) return Fail(signals.error());

  std::optional<LiveTarget> target;
  std::optional<LaunchedProcess> child;
  std::optional<CommandOutput> output;
  if (options.target.pid) {
    auto opened = LiveTarget::Open(*options.target.pid);
    if (!opened) return Fail(opened.error());
    target = std::move(*opened);
  } else {
    auto file = CommandOutput::Open(options.output_log);
    if (!file) return Fail(file.error());
    output.emplace(std::move(*file));
    auto launched = Launch(options, *output, has_screen);
    if (!launched) return Fail(launched.error());
    child.emplace(std::move(launched->child));
    if (launched->problem) {
      const int status = Fail(*launched->problem);
      child->WaitExit();
      return status;
    }
    target = std::move(launched->target);
  }

  const Duration period = options.is_once
                              ? std::chrono::duration_cast<Duration>(
                                    std::chrono::duration<double>(options.view.window_seconds))
                              : options.delay;
  // A screen shall not stay empty for long.
  const Duration first =
      has_screen ? std::min<Duration>(period, std::chrono::milliseconds(100)) : period;
  auto sampling = TopSampling::Create(options.session, target ? &*target : nullptr,
                                      child ? &*child : nullptr, period, first);
  if (!sampling) return Fail(sampling.error());
  TopWatch watch{options,
                 target ? &*target : nullptr,
                 *signals,
                 **sampling,
                 output ? &*output : nullptr,
                 child ? child->pid() : target->pid(),
                 child ? JoinCommand(options.target.command) : target->CommandLine(),
                 target ? target->WorkingDirectory() : std::string(),
                 TopModel(options.view),
                 {},
                 {}};
  watch.facts.command = watch.title;
  watch.facts.pid = watch.root;
  watch.facts.has_waiting_tasks = options.session.sampling.async_mode == AsyncMode::kAll;
  watch.facts.subprocesses = options.session.subprocesses;
  watch.facts.native = (*sampling)->native();
  watch.facts.charset = CharsetOfLocale();
  PlaceStyle places;
  places.line_numbers = options.style.line_numbers;
  if (!options.style.full_filenames) {
    places.shorten = [&watch](std::string_view path) { return ShortenPath(path, watch.own_root); };
  }
  watch.model.ShowPlaces(std::move(places));

  (*sampling)->Start();
  const auto watched = has_screen ? WatchOnScreen(watch) : WatchPlainly(watch);
  (*sampling)->Stop();
  watch.TakeSlice();

  std::optional<Error> problem;
  if (!watched) problem = watched.error();
  const bool is_over = watched && watched->why == WatchEnd::Why::kOver;
  if (is_over && !(*sampling)->end()) problem = (*sampling)->end().error();
  // Who has watched to the end wants no command that goes on unseen; who stops Osprey means the
  // command too. Ctrl-C has reached it already.
  const bool was_quit = !watched || watched->why == WatchEnd::Why::kQuit;
  const int signal = watched ? watched->signal : 0;
  if (child && (was_quit || (signal != 0 && signal != SIGINT))) child->Terminate();
  signals->Release();
  const bool has_left_out_children =
      child && !child->is_reaped() && !(*sampling)->subprocesses() && HasHadChildren(child->pid());
  bool has_output = false;
  const auto say_end = [&] {
    auto said = SayEnd(watch, child.has_value(), has_left_out_children, has_output);
    if (!said) problem = said.error();
  };
  // The table comes last, where much output cannot push it away; but nobody shall have to wait for
  // it until a command ends that goes on.
  const bool is_end_said = is_over && !problem;
  const bool goes_on = is_end_said && child && !child->PollExit() &&
                       *(*sampling)->end() == Session::End::kDurationOver;
  if (goes_on) say_end();
  int status = kExitSuccess;
  if (child) {
    status = AwaitCommand(*child, signal != 0);
    has_output = output->ShowRest();
  }
  if (is_end_said && !goes_on) say_end();
  return problem ? Fail(*problem) : status;
}

}  // namespace osprey
