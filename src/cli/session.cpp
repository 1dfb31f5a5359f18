#include "cli/session.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <functional>
#include <random>
#include <thread>

#include "cli/rate_text.h"
#include "osprey/target/short_slice.h"

namespace osprey {
namespace {

constexpr Duration kCheckEvery = std::chrono::milliseconds(20);  // whether to stop
// Workers are given their names once, when they start: seldom enough to cost nothing.
constexpr Duration kRefreshRootsEvery = std::chrono::milliseconds(500);
// What outlives the command by less than this is only being cleaned up.
constexpr Duration kSayWhoIsLeftAfter = std::chrono::seconds(1);

// Adds `item` to a list like "3.11.2, 3.12.1" that does not have it.
void AddOnce(std::string& list, const std::string& item) {
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(", ", at), list.size());
    if (list.compare(at, end - at, item) == 0) return;
    at = end + 2;
  }
  if (!list.empty()) list += ", ";
  list += item;
}

}  // namespace

bool Session::ShouldStop(TimePoint now, End& end) {
  if (stop_at_ && now >= *stop_at_) {
    end = End::kDurationOver;
    return true;
  }
  if (now - stop_checked_ < kCheckEvery) return false;
  stop_checked_ = now;
  stop_signal_ = host_.StopAsked();
  if (stop_signal_ == 0) return false;
  end = End::kStopped;
  return true;
}

Session::Program& Session::ProgramOf(const FoundProgram& found) {
  const auto known = std::find_if(programs_.begin(), programs_.end(),
                                  [&](const std::unique_ptr<Program>& program) {
                                    return program->target.pid() == found.target.pid();
                                  });
  if (known != programs_.end()) {
    if ((*known)->identity == found.identity) return **known;
    // What it ran before is gone, which its samplers have not noticed yet.
    Close(**known);
    programs_.erase(known);
  }
  programs_.push_back(std::make_unique<Program>(
      Program{found.target, std::nullopt, found.identity, nullptr, nullptr}));
  Program& program = *programs_.back();
  if (options_.subprocesses) program.root.emplace(stacks_, program.target, found.identity);
  return program;
}

bool Session::AddNative(Program& program, const SamplerOptions& sampling) {
  auto native = NativeSampler::Make(program.target, modules_, stacks_, sampling);
  if (!native) {
    spdlog::warn("process {} is sampled without native frames: {}", program.target.pid(),
                 native.error().Message());
    return false;
  }
  program.native = std::move(*native);
  for (SampleSink* sink : sinks_) program.native->AddSink(*sink);
  return true;
}

void Session::AddPython(Program& program, Runtime runtime, const SamplerOptions& sampling) {
  spdlog::info("process {}: Python {} in {}, found by {}", program.target.pid(),
               runtime.version.ToString(), runtime.module, runtime.found_by);
  modules_.AddRuntime(runtime.module);
  AddOnce(figures_.python_version, runtime.version.ToString());
  AddOnce(figures_.python_found_by, runtime.found_by);
  if (!runtime.known) figures_.python_known = false;
  program.python =
      std::make_unique<Sampler>(program.target, std::move(runtime), stacks_, sampling,
                                program.native ? &program.native->native_stacks() : nullptr);
  if (program.native) {
    program.python->LeaveOutCounted(
        [native = program.native.get()](pid_t tid) { return native->HasCounted(tid); });
  }
  for (SampleSink* sink : sinks_) program.python->AddSink(*sink);
  if (!program.native) return;
  program.python->SetOthers([this, native = program.native.get()](const MomentSample& moment) {
    native->TakeMoment(moment, figures_);
  });
}

void Session::Remove(const Program& program) {
  std::erase_if(programs_, [&](const auto& other) { return other.get() == &program; });
}

void Session::Adopt(ProgramSource& source, FoundProgram found) {
  // The samplers note down which program it runs when they are made: if it has executed another one
  // by then, they would take that for the one that was found.
  const auto is_gone = [&] { return found.target.ProgramIdentity() != found.identity; };
  Program& program = ProgramOf(found);
  SamplerOptions sampling = options_.sampling;
  if (program.root) {
    sampling.root = program.root->stack();
    sampling.own_threads_only = true;
  }
  sampling.rate_hz = options_.rate_hz;
  const bool was_sampled = program.native != nullptr;
  const bool wants_native = sampling.native != NativeMode::kOff && !program.native;
  const bool has_native = !wants_native || AddNative(program, sampling);
  const bool can_sample = found.runtime || has_native;
  if (found.runtime) AddPython(program, std::move(*found.runtime), sampling);
  if (!can_sample || is_gone()) {
    if (was_sampled) Close(program);
    source.Release(program.target, program.identity);
    Remove(program);
    return;
  }
  processes_.emplace(program.target.pid(), program.target.start_time());
  figures_.processes = processes_.size();
}

Result<ProgramSource::Outlook> Session::AdoptNew(ProgramSource& source, TimePoint now) {
  auto outlook = source.Poll(now, found_);
  for (FoundProgram& found : found_) Adopt(source, std::move(found));
  found_.clear();
  if (outlook) SayWhoIsLeft(now, *outlook);
  return outlook;
}

void Session::SayWhoIsLeft(TimePoint now, ProgramSource::Outlook outlook) {
  if (outlook != ProgramSource::Outlook::kSurvivors || said_who_is_left_) return;
  if (!survivors_since_) survivors_since_ = now;
  if (now - *survivors_since_ < kSayWhoIsLeftAfter) return;
  said_who_is_left_ = true;
  host_.SaySurvivors();
}

Result<bool> Session::AwaitProgram(ProgramSource& source, End& end) {
  const TimePoint start = Clock::now();
  while (true) {
    const TimePoint now = Clock::now();
    const auto outlook = AdoptNew(source, now);
    if (!outlook) return outlook.error();
    if (!programs_.empty()) return true;
    if (*outlook == ProgramSource::Outlook::kNoMore) {
      end = End::kNoPython;
      return false;
    }
    if (!stop_at_ && options_.duration && now - start >= *options_.duration) {
      end = End::kNoPython;
      return false;
    }
    if (ShouldStop(now, end)) {
      if (!first_tick_) end = End::kNoPython;
      return false;
    }
    host_.ShowWait(now, figures_);
    std::this_thread::sleep_until(source.PollAgainAt(now));
  }
}

Tick Session::TakeTick(Program& program, TimePoint now) {
  Tick tick = Tick::kGoOn;
  if (program.python) tick = program.python->TakeTick(now, figures_);
  if (program.native && tick == Tick::kGoOn) {
    tick = program.native->TakeTick(now, program.python.get(), figures_);
  }
  return tick;
}

void Session::TakeTick(ProgramSource& source, TimePoint now) {
  std::erase_if(programs_, [&](const std::unique_ptr<Program>& program) {
    const Tick tick = TakeTick(*program, now);
    if (tick == Tick::kGoOn) return false;
    if (tick == Tick::kProgramReplaced) {
      spdlog::info("process {} executes another program", program->target.pid());
    }
    Close(*program);
    source.Release(program->target, program->identity);
    return true;
  });
}

void Session::Close(Program& program) {
  if (program.python) program.python->NameThreads();
  if (program.native) {
    const NativeCopying native = program.native->copying();
    const NativeCopying mixed = program.python ? program.python->native_copying() : NativeCopying{};
    const bool by_perf_events = native.by_perf_events || mixed.by_perf_events;
    if (by_perf_events) AddOnce(figures_.native.capture, "perf events");
    if (native.by_looking || mixed.by_looking || !by_perf_events) {
      AddOnce(figures_.native.capture, "ptrace");
    }
    figures_.target_stopped_s += Seconds(program.native->native_stacks().stopped());
    program.native.reset();
  }
}

void Session::RefreshRoots(TimePoint now) {
  if (!options_.subprocesses || now - roots_refreshed_ < kRefreshRootsEvery) return;
  roots_refreshed_ = now;
  for (const auto& program : programs_) program->root->Refresh(stacks_, program->target);
}

bool Session::SamplePrograms(ProgramSource& source, End& end) {
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
  bool goes_on = true;
  TimePoint now = start;
  while (true) {
    // Never asleep for so long that a signal would seem to be ignored.
    const TimePoint due = clock.Due();
    now = WaitUntil(std::min(due, now + kCheckEvery), period);
    if (ShouldStop(now, end)) {
      goes_on = false;
      break;
    }
    host_.Show(now, now - *first_tick_, figures_);
    const auto outlook = AdoptNew(source, now);
    if (!outlook || *outlook == ProgramSource::Outlook::kNoMore) {
      end = End::kTargetEnded;
      goes_on = false;
      break;
    }
    if (now < due) continue;
    TakeTick(source, now);
    RefreshRoots(now);
    if (programs_.empty()) break;
    clock.Taken(now);
    figures_.ticks = ticks_before + clock.ticks();
    figures_.missed_ticks = missed_before + clock.missed();
  }
  sampled_ += now - start;
  for (const auto& program : programs_) {
    if (program->python) program->python->NameThreads();
  }
  return goes_on;
}

Result<Session::End> Session::Run(ProgramSource& source) {
  if (!AskForShortSlices()) spdlog::debug("the kernel gives no short slices");
  End end = End::kNoPython;
  while (true) {
    const auto is_ready = AwaitProgram(source, end);
    if (!is_ready) {
      if (first_tick_) {  // it became something else: what was seen before still counts
        end = End::kTargetEnded;
        break;
      }
      return is_ready.error();
    }
    if (!*is_ready) {
      if (first_tick_ && end == End::kNoPython) end = End::kTargetEnded;
      break;
    }
    if (!SamplePrograms(source, end)) break;
  }
  for (const auto& program : programs_) Close(*program);
  programs_.clear();
  CloseFigures();
  return end;
}

void Session::CloseFigures() {
  figures_.duration_s = Seconds(sampled_);
  figures_.achieved_hz = RateHad(figures_, figures_.duration_s);
}

}  // namespace osprey
