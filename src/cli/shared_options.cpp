#include "cli/shared_options.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "cli/option_values.h"

namespace osprey {
namespace {

Result<SampleMode> ChooseMode(const SamplingWords& words) {
  std::vector<std::pair<const char*, SampleMode>> asked;
  if (words.gil) asked.emplace_back("--gil", SampleMode::kGil);
  if (words.idle) asked.emplace_back("--idle", SampleMode::kWall);
  if (words.mode == "cpu") asked.emplace_back("--mode cpu", SampleMode::kCpu);
  if (words.mode == "wall") asked.emplace_back("--mode wall", SampleMode::kWall);
  if (words.mode == "gil") asked.emplace_back("--mode gil", SampleMode::kGil);
  if (words.mode == "exception") asked.emplace_back("--mode exception", SampleMode::kException);
  if (asked.empty()) return SampleMode::kCpu;
  for (const auto& other : asked) {
    if (other.second != asked.front().second) {
      return UsageFault(fmt::format("{} and {} contradict each other: give one of them",
                                    asked.front().first, other.first));
    }
  }
  return asked.front().second;
}

}  // namespace

Error UsageFault(std::string text) {
  return Error{ErrorCode::kInvalidArgument, 0, Address{}, std::move(text)};
}

void TargetWords::AddTo(CLI::App& app) {
  app.add_option("-p,--pid", pid, "The process to look at");
}

Result<TargetChoice> TargetWords::Check(const CLI::App& app,
                                        std::vector<std::string> command) const {
  TargetChoice choice;
  if (!pid.empty()) {
    const auto number = ParsePid(pid);
    if (!number) return number.error();
    choice.pid = *number;
  }
  if (!choice.pid && command.empty()) {
    return UsageFault(fmt::format(
        "nothing to profile: give --pid PID or -- COMMAND (osprey {} --help)", app.get_name()));
  }
  if (choice.pid && !command.empty()) {
    return UsageFault("--pid and -- COMMAND exclude each other: give one of them");
  }
  choice.command = std::move(command);
  return choice;
}

void SamplingWords::AddTo(CLI::App& app) {
  app.add_option("-r,--rate", rate, "Samples per second; takes 1k, 10k, max")
      ->capture_default_str();
  app.add_option("-d,--duration", duration, "Seconds, or unlimited")->capture_default_str();
  app.add_flag("-s,--subprocesses", subprocesses,
               "Also children and their children, a root frame per process");
  app.add_flag("-t,--threads", threads, "A root frame per thread");
  app.add_flag("-g,--gil", gil, "Only threads that hold the GIL");
  app.add_flag("-i,--idle", idle, "Also threads that wait");
  app.add_option("--mode", mode,
                 "Which samples count: cpu (default), wall (-i), gil (-g) or exception")
      ->check(CLI::IsMember({"cpu", "wall", "gil", "exception"}));
  app.add_option(
         "--async", async_mode,
         "asyncio's tasks: running (its name and who awaits it) or all (those that wait, too)")
      ->check(CLI::IsMember({"running", "all"}));
  app.add_flag("--nonblocking", nonblocking, "Accepted: it is how Osprey always works");
}

Result<SessionOptions> SamplingWords::Check() const {
  SessionOptions options;
  const auto hz = ParseRate(rate);
  if (!hz) return hz.error();
  options.rate_hz = *hz;
  const auto seconds = ParseDuration(duration);
  if (!seconds) return seconds.error();
  options.duration = *seconds;
  const auto chosen = ChooseMode(*this);
  if (!chosen) return chosen.error();
  options.sampling.mode = *chosen;
  options.subprocesses = subprocesses;
  options.sampling.thread_roots = threads;
  if (async_mode == "running") options.sampling.async_mode = AsyncMode::kRunning;
  if (async_mode == "all") options.sampling.async_mode = AsyncMode::kAll;
  return options;
}

void NativeWords::AddTo(CLI::App& app) {
  // Without a value a flag's is "true".
  app.add_flag("-n,--native", native,
               "C, C++ and Rust frames too, and programs without Python; --native=all: the "
               "interpreter's own as well")
      ->check(CLI::IsMember({"true", "all"}));
}

NativeMode NativeWords::Mode() const {
  if (native.empty()) return NativeMode::kOff;
  return native == "all" ? NativeMode::kAll : NativeMode::kOn;
}

void StyleWords::AddTo(CLI::App& app) {
  app.add_flag("-F,--function", function, "One frame per function, not per line");
  app.add_flag("--nolineno", nolineno, "No line numbers");
  app.add_flag("--full-filenames", full_filenames, "Whole paths");
}

void LogWords::AddTo(CLI::App& app) {
  app.add_option("--log-level", level, "trace, debug, info, warning, error or off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}))
      ->capture_default_str();
}

void LogWords::Apply() const {
  spdlog::set_default_logger(spdlog::stderr_color_mt("osprey"));
  spdlog::set_level(spdlog::level::from_str(level));
}

}  // namespace osprey
