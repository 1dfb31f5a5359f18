#include "cli/session.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <thread>

namespace osprey {
namespace {

constexpr Duration kCheckEvery = std::chrono::milliseconds(20);  // signals, the child's end
// A process that was started a moment ago has its interpreter within this time.
constexpr Duration kAttachPatience = std::chrono::milliseconds(300);

// How long to wait between two looks for an interpreter: short while a launch is young, so that
// a script of 50 ms is seen from its start.
Duration LookAgainAfter(Duration waited) {
  if (waited < std::chrono::seconds(3)) return std::chrono::microseconds(300);
  return std::chrono::milliseconds(10);
}

}  // namespace

bool Session::ShouldStop(TimePoint now, End& end) {
  if (stop_at_ && now >= *stop_at_) {
    end = End::kDurationOver;
    return true;
  }
  if (now - signals_checked_ < kCheckEvery) return false;
  signals_checked_ = now;
  if (signals_.Take() == 0) return false;
  end = End::kStopped;
  return true;
}

Result<std::optional<Runtime>> Session::AwaitRuntime(const LiveTarget& target,
                                                     LaunchedProcess* child, End& end) {
  const TimePoint start = Clock::now();
  std::string last_problem;
  while (true) {
    const TimePoint now = Clock::now();
    auto runtime = FindRuntime(target);
    if (runtime) {
      const auto threads = ListThreads(target.memory(), *runtime);
      if (threads && !threads->threads.empty()) return std::optional<Runtime>(*runtime);
      last_problem = "its interpreter has not started";
    } else {
      if (child == nullptr && runtime.error().code == ErrorCode::kUnsupported) {
        return runtime.error();
      }
      // Kept when the process has ended and is nothing any more.
      if (runtime.error().code == ErrorCode::kUnsupported) {
        unsupported_ = runtime.error().Message();
      }
      if (runtime.error().Message() != last_problem) {
        last_problem = runtime.error().Message();
        spdlog::debug("waiting for Python: {}", last_problem);
      }
    }
    if (child != nullptr ? child->PollExit().has_value() : !target.IsAlive()) {
      end = End::kNoPython;
      return std::optional<Runtime>{};
    }
    if (child == nullptr && !first_tick_ && now - start > kAttachPatience) {
      return Error{ErrorCode::kNotFound, 0, Address{},
                   fmt::format("process {} is not a Python program ({})", target.pid(),
                               target.ExecutablePath())};
    }
    if (!stop_at_ && options_.duration && now - start >= *options_.duration) {
      end = End::kNoPython;
      return std::optional<Runtime>{};
    }
    if (ShouldStop(now, end)) {
      if (!first_tick_) end = End::kNoPython;
      return std::optional<Runtime>{};
    }
    std::this_thread::sleep_for(LookAgainAfter(now - start));
  }
}

bool Session::SampleProgram(const LiveTarget& target, LaunchedProcess* child, Runtime runtime,
                            End& end) {
  spdlog::info("Python {} in {}, found by {}", runtime.version.ToString(), runtime.module,
               runtime.found_by);
  figures_.python_version = runtime.version.ToString();
  figures_.python_found_by = runtime.found_by;
  figures_.python_known = runtime.known;
  if (!runtime.known) {
    spdlog::warn("Osprey does not know Python {}; it is tried by its own debug offsets",
                 runtime.version.ToString());
  }
  Sampler sampler(target, std::move(runtime), stacks_, options_.sampling);
  for (SampleSink* sink : sinks_) sampler.AddSink(*sink);

  const TimePoint start = Clock::now();
  if (!first_tick_) {
    first_tick_ = start;
    if (options_.duration) stop_at_ = start + *options_.duration;
  }
  const Duration period = options_.rate_hz > 0
                              ? Duration(static_cast<Duration::rep>(1e9 / options_.rate_hz))
                              : Duration(0);
  SamplingClock clock(options_.rate_hz, start, std::random_device{}());
  const std::uint64_t ticks_before = figures_.ticks;
  const std::uint64_t missed_before = figures_.missed_ticks;
  bool replaced = false;
  TimePoint now = start;
  while (true) {
    // Never asleep for so long that a signal would seem to be ignored.
    const TimePoint due = clock.Due();
    now = WaitUntil(std::min(due, now + kCheckEvery), period);
    if (ShouldStop(now, end)) break;
    progress_.Show(now - *first_tick_, figures_);
    if (now < due) {
      if (child != nullptr && child->PollExit()) {
        end = End::kTargetEnded;
        break;
      }
      continue;
    }
    const Sampler::Tick tick = sampler.TakeTick(now, figures_);
    if (tick != Sampler::Tick::kGoOn) {
      replaced = tick == Sampler::Tick::kProgramReplaced;
      end = End::kTargetEnded;
      break;
    }
    clock.Taken(now);
    figures_.ticks = ticks_before + clock.ticks();
    figures_.missed_ticks = missed_before + clock.missed();
  }
  sampled_ += now - start;
  sampler.NameThreads();
  return replaced;
}

Result<Session::End> Session::Run(const LiveTarget& target, LaunchedProcess* child) {
  End end = End::kNoPython;
  while (true) {
    auto runtime = AwaitRuntime(target, child, end);
    if (!runtime) {
      if (first_tick_) break;  // it became something else: what was seen before still counts
      return runtime.error();
    }
    if (!*runtime) {
      if (first_tick_ && end == End::kNoPython) end = End::kTargetEnded;
      break;
    }
    figures_.processes = 1;
    if (!SampleProgram(target, child, std::move(**runtime), end)) break;
    spdlog::info("process {} executes another program", target.pid());
  }
  progress_.Clear();
  CloseFigures();
  return end;
}

void Session::CloseFigures() {
  figures_.duration_s = Seconds(sampled_);
  figures_.achieved_hz =
      figures_.duration_s > 0 ? static_cast<double>(figures_.ticks) / figures_.duration_s : 0;
}

}  // namespace osprey
