#include "osprey/sampler/program_search.h"

#include <algorithm>
#include <utility>

#include "osprey/python/thread_list.h"
#include "sampler/own_threads.h"

namespace osprey {
namespace {

// An interpreter is ready some 10 ms after its exec, on a busy machine some 100.
constexpr Duration kYouth = std::chrono::milliseconds(300);

constexpr Duration kShortestPause = std::chrono::microseconds(300);

// Also when it has mapped nothing, the map of a process without Python is read at 1, 2, 4, ... ms
// of its age, then every second: a runtime may need a moment until it is one.
constexpr Duration kShortestSearchPause = std::chrono::milliseconds(1);
constexpr Duration kLongestSearchPause = std::chrono::seconds(1);

}  // namespace

bool ProgramSearch::IsYoung(TimePoint now) const { return now - since_ < kYouth; }

Duration ProgramSearch::PartOfAge(TimePoint now, int parts, Duration longest) const {
  return std::clamp((now - since_) / parts, kShortestPause, longest);
}

void ProgramSearch::SearchEarlier(TimePoint now) {
  search_at_ =
      std::min(search_at_, searched_ + PartOfAge(now, pace_.searches, pace_.longest_search_pause));
}

bool ProgramSearch::OpenTarget() {
  auto opened = LiveTarget::Open(pid_);
  if (!opened) {
    problem_ = opened.error();
    return false;
  }
  target_ = std::move(*opened);
  return true;
}

void ProgramSearch::FindProgram(TimePoint now, KnownRuntimes& known) {
  searched_ = now;
  search_at_ = now + std::clamp(now - since_, kShortestSearchPause, kLongestSearchPause);
  auto found = known.Find(*target_);
  if (found) {
    runtime_ = std::move(*found);
  } else if (found.error().code == ErrorCode::kUnsupported) {
    problem_ = found.error();
  }
}

bool ProgramSearch::IsReady(TimePoint now) {
  is_fork_ = false;
  std::vector<pid_t> ids;
  if (own_threads_only_) {
    ids = target_->ThreadIdsInside();
    LearnThreadIds(target_->memory(), ids, *runtime_);
  }
  auto list = ListThreads(target_->memory(), *runtime_);
  if (list) {
    const bool has_threads = !list->threads.empty();
    if (own_threads_only_) KeepOwnThreads(runtime_->layout, list->threads, ids);
    is_fork_ = has_threads && list->threads.empty();
    return !list->threads.empty();
  }
  // Not started is a matter of time; anything else means that the runtime lies elsewhere.
  if (list.error().code != ErrorCode::kNotFound) {
    runtime_.reset();
    SearchEarlier(now);
  }
  return false;
}

ProgramSearch::Outcome ProgramSearch::Look(TimePoint now, KnownRuntimes& known) {
  due_ = now + PartOfAge(now, pace_.looks, pace_.longest_pause);
  problem_.reset();
  if (!target_) {
    if (!OpenTarget()) {
      if (problem_->code == ErrorCode::kNoSuchProcess) return Outcome::kEnded;
      return problem_->code == ErrorCode::kNotPermitted ? Outcome::kRefused : Outcome::kNotYet;
    }
    if (target_->start_time() != start_time_) return Outcome::kEnded;
  }
  // What executes or loads something has other memory than before, and to ask for that is cheap.
  const std::uint64_t pages = target_->MappedPages();
  if (pages != std::exchange(pages_, pages)) {
    SearchEarlier(now);
  } else if (!runtime_ && now < search_at_) {
    return Outcome::kNotYet;
  }
  const auto identity = target_->ProgramIdentity();
  if (!identity) {
    pages_ = 0;  // it executes something: to be asked again
    return target_->IsAlive() ? Outcome::kNotYet : Outcome::kEnded;
  }
  if (*identity != identity_) {
    if (!identity_.empty()) since_ = now;
    identity_ = *identity;
    is_fork_ = false;
    runtime_.reset();
    search_at_ = now;
  }
  if (!runtime_ && now >= search_at_) FindProgram(now, known);
  if (problem_) return Outcome::kRefused;
  return runtime_ && IsReady(now) ? Outcome::kReady : Outcome::kNotYet;
}

FoundProgram ProgramSearch::Take() {
  taken_ = true;
  return {*target_, *runtime_, identity_};
}

std::optional<FoundProgram> ProgramSearch::WithoutPython(TimePoint now, Duration age) const {
  if (!target_ || identity_.empty() || taken_) return std::nullopt;
  if (now - since_ < (is_fork_ ? std::max(age, kYouth) : age)) return std::nullopt;
  return FoundProgram{*target_, std::nullopt, identity_};
}

void ProgramSearch::Release(TimePoint now) {
  taken_ = false;
  is_fork_ = false;
  since_ = now;
  due_ = now;
  runtime_.reset();
  search_at_ = now;
}

}  // namespace osprey
