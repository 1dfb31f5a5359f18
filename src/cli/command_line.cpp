#include "cli/command_line.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "cli/completions.h"
#include "cli/exit_code.h"
#include "cli/record.h"
#include "cli/usage_error.h"
#include "cli/version.h"

namespace osprey {
namespace {

constexpr const char* kRecordFooter = R"(Examples:
  osprey record -p 4242                        until Ctrl-C, to NAME-DATE-TIME.svg
  osprey record -p 4242 -d 30 -o busy.svg      half a minute
  osprey record -o app.svg -- python3 app.py   from its first frame to its end
  osprey record -i -t -p 4242                  waiting threads too, a root frame for each
  osprey record --async all -p 4242            asyncio's tasks by name, those that wait too
  osprey record -s -o all.svg -- make test     every Python that the command starts
  osprey record -o a.svg -o a.txt -p 4242      two formats in one run
)";

// The values as they are typed; they are checked when all of them are there.
struct RawRecord {
  std::string pid;
  std::vector<std::string> outputs, formats, command;
  std::string rate = "1000";
  std::string duration = "unlimited";
  std::string mode;
  std::string async_mode;
  bool subprocesses = false, gil = false, idle = false, threads = false, function = false,
       nolineno = false;
  bool full_filenames = false, nonblocking = false;
  std::string stats;
  std::string log_level = "warning";
};

void AddRecordOptions(CLI::App& app, RawRecord& raw) {
  app.add_option("-p,--pid", raw.pid, "The process to look at");
  app.add_option("-o,--output", raw.outputs,
                 "Where to; may be repeated, '-' is standard output (default: NAME-DATE-TIME.svg)")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("-f,--format", raw.formats,
                 "flamegraph, raw or speedscope; else taken from the output's ending")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("-r,--rate", raw.rate, "Samples per second; takes 1k, 10k, max")
      ->capture_default_str();
  app.add_option("-d,--duration", raw.duration, "Seconds, or unlimited")->capture_default_str();
  app.add_flag("-s,--subprocesses", raw.subprocesses,
               "Also children and their children, a root frame per process");
  app.add_flag("-t,--threads", raw.threads, "A root frame per thread");
  app.add_flag("-g,--gil", raw.gil, "Only threads that hold the GIL");
  app.add_flag("-i,--idle", raw.idle, "Also threads that wait");
  app.add_option("--mode", raw.mode,
                 "Which samples count: cpu (default), wall (-i), gil (-g) or exception")
      ->check(CLI::IsMember({"cpu", "wall", "gil", "exception"}));
  app.add_option(
         "--async", raw.async_mode,
         "asyncio's tasks: running (its name and who awaits it) or all (those that wait, too)")
      ->check(CLI::IsMember({"running", "all"}));
  app.add_flag("-F,--function", raw.function, "One frame per function, not per line");
  app.add_flag("--nolineno", raw.nolineno, "No line numbers");
  app.add_flag("--full-filenames", raw.full_filenames, "Whole paths");
  app.add_flag("--nonblocking", raw.nonblocking, "Accepted: it is how Osprey always works");
  app.add_option("--stats", raw.stats, "The run's figures as JSON, to this file");
  app.add_option("--log-level", raw.log_level, "trace, debug, info, warning, error or off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}))
      ->capture_default_str();
  app.footer(kRecordFooter);
}

Error Usage(std::string text) {
  return Error{ErrorCode::kInvalidArgument, 0, Address{}, std::move(text)};
}

Result<SampleMode> ChooseMode(const RawRecord& raw) {
  std::vector<std::pair<const char*, SampleMode>> asked;
  if (raw.gil) asked.emplace_back("--gil", SampleMode::kGil);
  if (raw.idle) asked.emplace_back("--idle", SampleMode::kWall);
  if (raw.mode == "cpu") asked.emplace_back("--mode cpu", SampleMode::kCpu);
  if (raw.mode == "wall") asked.emplace_back("--mode wall", SampleMode::kWall);
  if (raw.mode == "gil") asked.emplace_back("--mode gil", SampleMode::kGil);
  if (raw.mode == "exception") asked.emplace_back("--mode exception", SampleMode::kException);
  if (asked.empty()) return SampleMode::kCpu;
  for (const auto& other : asked) {
    if (other.second != asked.front().second) {
      return Usage(fmt::format("{} and {} contradict each other: give one of them",
                               asked.front().first, other.first));
    }
  }
  return asked.front().second;
}

Result<RecordOptions> Check(const RawRecord& raw) {
  RecordOptions options;
  if (!raw.pid.empty()) {
    const auto pid = ParsePid(raw.pid);
    if (!pid) return pid.error();
    options.pid = *pid;
  }
  options.command = raw.command;
  if (!options.pid && options.command.empty()) {
    return Usage("nothing to profile: give --pid PID or -- COMMAND (osprey record --help)");
  }
  if (options.pid && !options.command.empty()) {
    return Usage("--pid and -- COMMAND exclude each other: give one of them");
  }
  const auto rate = ParseRate(raw.rate);
  if (!rate) return rate.error();
  options.rate_hz = *rate;
  const auto duration = ParseDuration(raw.duration);
  if (!duration) return duration.error();
  options.duration = *duration;
  const auto mode = ChooseMode(raw);
  if (!mode) return mode.error();
  options.sampling.mode = *mode;
  options.subprocesses = raw.subprocesses;
  options.sampling.thread_roots = raw.threads;
  if (raw.async_mode == "running") options.sampling.async_mode = AsyncMode::kRunning;
  if (raw.async_mode == "all") options.sampling.async_mode = AsyncMode::kAll;
  auto outputs = PairOutputs(raw.outputs, raw.formats);
  if (!outputs) return outputs.error();
  options.outputs = std::move(*outputs);
  options.style = {raw.function, !raw.nolineno, raw.full_filenames};
  options.stats_path = raw.stats;
  return options;
}

// `osprey r` is `osprey record` as long as no other subcommand starts so.
std::string Lengthen(std::string_view word, const std::vector<std::string>& subcommands) {
  std::string match;
  for (const std::string& name : subcommands) {
    if (name == word) return name;
    if (!word.empty() && name.starts_with(word)) {
      if (!match.empty()) return std::string(word);
      match = name;
    }
  }
  return match.empty() ? std::string(word) : match;
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  CLI::App app("Osprey: a sampling profiler for Python programs", "osprey");
  app.set_version_flag("-V,--version", fmt::format("osprey {}", kOspreyVersion));
  app.require_subcommand(1);
  RawRecord raw;
  CLI::App& record = *app.add_subcommand("record", "Write a profile of a Python program");
  record.prefix_command();  // a command without "--" is left whole, for the message
  AddRecordOptions(record, raw);
  std::string shell;
  CLI::App& completions = *app.add_subcommand("completions", "Print a shell's completions");
  completions.add_option("shell", shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));

  // What follows "--" belongs to the command, whatever it looks like.
  std::vector<std::string> words(argv + 1, argv + argc);
  const auto separator = std::find(words.begin(), words.end(), "--");
  if (separator != words.end()) {
    raw.command.assign(separator + 1, words.end());
    words.erase(separator, words.end());
  }
  if (!words.empty()) words[0] = Lengthen(words[0], SubcommandNames(app));
  try {
    // CLI11 takes them from the back.
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::Success& e) {  // --help and --version
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    fmt::print(stderr, "osprey: {}\n", UsageError(app, words, e));
    return kExitFailed;
  }
  if (!record.remaining().empty()) {
    fmt::print(stderr, "osprey: {}\n", ExtraWordsError(words, record.remaining()));
    return kExitFailed;
  }
  if (completions.parsed()) return PrintCompletions(shell);

  spdlog::set_default_logger(spdlog::stderr_color_mt("osprey"));
  spdlog::set_level(spdlog::level::from_str(raw.log_level));
  const auto options = Check(raw);
  if (!options) {
    fmt::print(stderr, "osprey: {}\n", options.error().Message());
    return kExitFailed;
  }
  return Record(*options);
}

}  // namespace osprey
