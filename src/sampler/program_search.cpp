#include "sampler/program_search.h"

#include <algorithm>
#include <utility>

#include "osprey/python/thread_list.h"
#include "sampler/own_threads.h"

namespace osprey {
namespace {

// An interpreter is ready some 10 ms after its exec, on a busy machine some 100.
constexpr Duration kYouth = std::chrono::milliseconds(300);

// The pause before the next look is this part of the time since the process came or executed
// something: what happens next is seen with a delay that is small against what went before.
constexpr int kPartOfAge = 64;
constexpr Duration kShortestPause = std::chrono::microseconds(300);
constexpr Duration kLongestPause = std::chrono::milliseconds(50);

// The map of a process without Python is read at 1, 2, 4, ... ms of its age, then every second: a
// program that loads libpython late is found as well.
constexpr Duration kShortestSearchPause = std::chrono::milliseconds(1);
constexpr Duration kLongestSearchPause = std::chrono::seconds(1);

}  // namespace

bool ProgramSearch::IsYoung(TimePoint now) const { return now - since_ < kYouth; }

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
  search_at_ = now + std::clamp(now - since_, kShortestSearchPause, kLongestSearchPause);
  auto found = known.Find(*target_);
  if (found) {
    runtime_ = std::move(*found);
  } else if (found.error().code == ErrorCode::kUnsupported) {
    problem_ = found.error();
  }
}

bool ProgramSearch::IsReady() {
  const auto ids = target_->ThreadIdsInside();
  LearnThreadIds(target_->memory(), ids, *runtime_);
  auto list = ListThreads(target_->memory(), *runtime_);
  if (list) {
    KeepOwnThreads(runtime_->layout, list->threads, ids);
    return !list->threads.empty();
  }
  // Not started is a matter of time; anything else means that the runtime lies elsewhere.
  if (list.error().code != ErrorCode::kNotFound) runtime_.reset();
  return false;
}

ProgramSearch::Outcome ProgramSearch::Look(TimePoint now, KnownRuntimes& known) {
  due_ = now + std::clamp((now - since_) / kPartOfAge, kShortestPause, kLongestPause);
  problem_.reset();
  if (!target_) {
    if (!OpenTarget()) {
      if (problem_->code == ErrorCode::kNoSuchProcess) return Outcome::kEnded;
      return problem_->code == ErrorCode::kNotPermitted ? Outcome::kRefused : Outcome::kNotYet;
    }
    if (target_->start_time() != start_time_) return Outcome::kEnded;
  }
  const auto identity = target_->ProgramIdentity();
  if (!identity) return target_->IsAlive() ? Outcome::kNotYet : Outcome::kEnded;
  if (*identity != identity_) {
    if (!identity_.empty()) since_ = now;
    identity_ = *identity;
    runtime_.reset();
    search_at_ = now;
  }
  if (!runtime_ && now >= search_at_) FindProgram(now, known);
  if (problem_) return Outcome::kRefused;
  return runtime_ && IsReady() ? Outcome::kReady : Outcome::kNotYet;
}

FoundProgram ProgramSearch::Take() {
  taken_ = true;
  return {*target_, *runtime_, identity_};
}

void ProgramSearch::Release(TimePoint now) {
  taken_ = false;
  since_ = now;
  due_ = now;
  runtime_.reset();
  search_at_ = now;
}

}  // namespace osprey
