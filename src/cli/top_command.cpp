#include "cli/top_command.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/option_values.h"
#include "cli/shared_options.h"
#include "cli/top.h"
#include "cli/top_options.h"

namespace osprey {
namespace {

constexpr const char* kFooter = R"(Examples:
  osprey top -p 4242                           what a process does now; ? shows the keys
  osprey top -s -p 4242                        all processes that it has started, too
  osprey top -n -p 4242                        its C, C++ and Rust code, too, or that alone
  osprey top -- python3 app.py                 from its first frame on; its output comes at the end
  osprey top --output-log app.log -- ./serve   or goes into a file
  osprey top --once -p 4242                    one table as plain text
  osprey top -p 4242 --delay 5 > log.txt       a table every five seconds
)";

// As they are typed; checked when all of them are there.
struct TopWords {
  TargetWords target;
  SamplingWords sampling;
  NativeWords native;
  StyleWords style;
  std::string delay = "1", window = "3";
  bool once = false;
  std::string output_log;
  LogWords log;

  void AddTo(CLI::App& app);
  Result<TopRunOptions> Check(const CLI::App& app, std::vector<std::string> command) const;
};

void TopWords::AddTo(CLI::App& app) {
  target.AddTo(app);
  sampling.AddTo(app);
  native.AddTo(app);
  style.AddTo(app);
  app.add_option("--delay", delay, "Seconds between two redraws")->capture_default_str();
  app.add_option("--window", window, "How many seconds the percentages are of")
      ->capture_default_str();
  app.add_flag("--once", once, "One table of one window, as plain text, and no more");
  app.add_option("--output-log", output_log,
                 "Where what the command writes goes (default: shown at the end)");
  log.AddTo(app);
  app.footer(kFooter);
}

Result<double> ParseSeconds(const char* option, const std::string& text, double least,
                            double most) {
  const auto duration = ParseDuration(text);
  const double seconds = duration && *duration ? Seconds(**duration) : 0;
  if (seconds < least || seconds > most) {
    return UsageFault(fmt::format("{} takes seconds from {} to {}, like 0.5 or 2; not '{}'", option,
                                  least, most, text));
  }
  return seconds;
}

ShownSamples ShownOf(SampleMode mode) {
  switch (mode) {
    case SampleMode::kCpu:
      return ShownSamples::kOnCpu;
    case SampleMode::kWall:
      return ShownSamples::kAll;
    case SampleMode::kGil:
      return ShownSamples::kGil;
    case SampleMode::kException:
      return ShownSamples::kException;
  }
  return ShownSamples::kOnCpu;
}

Result<TopRunOptions> TopWords::Check(const CLI::App& app, std::vector<std::string> command) const {
  TopRunOptions options;
  auto chosen = target.Check(app, std::move(command));
  if (!chosen) return chosen.error();
  options.target = std::move(*chosen);
  const auto session = sampling.Check();
  if (!session) return session.error();
  options.session = *session;
  options.session.sampling.native = native.Mode();
  options.view.shown = ShownOf(session->sampling.mode);
  options.view.style = {!style.function, session->sampling.thread_roots};
  options.style = style.Style();
  // All that a key may ask for later is sampled from the start.
  if (options.session.sampling.mode != SampleMode::kException) {
    options.session.sampling.mode = SampleMode::kWall;
  }
  options.session.sampling.thread_roots = true;
  // More than fifty redraws a second nobody sees; the window keeps every slice of them.
  const auto pause = ParseSeconds("--delay", delay, 0.02, 3600);
  if (!pause) return pause.error();
  options.delay = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*pause));
  const auto seconds = ParseSeconds("--window", window, 0.1, 3600);
  if (!seconds) return seconds.error();
  options.view.window_seconds = *seconds;
  options.is_once = once;
  if (!output_log.empty() && options.target.command.empty()) {
    return UsageFault("--output-log is for what a command writes: give one after --");
  }
  options.output_log = output_log;
  return options;
}

}  // namespace

Subcommand AddTopCommand(CLI::App& app) {
  CLI::App* top = app.add_subcommand("top", "Watch what a Python program does now");
  top->prefix_command();  // a command without "--" is left whole, for the message
  const auto words = std::make_shared<TopWords>();
  words->AddTo(*top);
  return {top, true, [top, words](std::vector<std::string> command) -> Result<int> {
            words->log.Apply();
            const auto options = words->Check(*top, std::move(command));
            if (!options) return options.error();
            return Top(*options);
          }};
}

}  // namespace osprey
