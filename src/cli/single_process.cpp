#include "cli/single_process.h"

#include <fmt/format.h>

namespace osprey {
namespace {

constexpr Duration kCheckEvery = std::chrono::milliseconds(20);  // the child's end
// A process that was started a moment ago has its interpreter within this time.
constexpr Duration kAttachPatience = std::chrono::milliseconds(300);
// One process alone is looked at more closely than each of a family.
constexpr SearchPace kPace{256, std::chrono::milliseconds(5), 64, std::chrono::milliseconds(50)};

}  // namespace

SingleProcess::SingleProcess(const LiveTarget& target, LaunchedProcess* child, bool with_native)
    : target_(target),
      child_(child),
      search_(target.pid(), target.start_time(), Clock::now(), kPace, false),
      with_native_(with_native) {}

TimePoint SingleProcess::PollAgainAt(TimePoint) const { return search_.due(); }

bool SingleProcess::HasEnded() const {
  return child_ != nullptr ? child_->HasEnded() : !target_.IsAlive();
}

void SingleProcess::Release(const LiveTarget&, const std::string&) {
  search_.Release(Clock::now());
  waits_since_ = TimePoint();
  is_native_ = false;
}

Result<ProgramSource::Outlook> SingleProcess::Poll(TimePoint now,
                                                   std::vector<FoundProgram>& found) {
  if (search_.is_taken()) {
    // The sampler notices the end of what it samples; a child is reaped beside.
    if (child_ == nullptr || now - end_checked_ < kCheckEvery) return Outlook::kMore;
    end_checked_ = now;
    return child_->PollExit() ? Outlook::kNoMore : Outlook::kMore;
  }
  if (waits_since_ == TimePoint()) waits_since_ = now;
  if (with_native_ && !is_native_) {
    if (auto identity = target_.ProgramIdentity()) {
      is_native_ = was_sampled_ = true;
      found.push_back({target_, std::nullopt, std::move(*identity)});
    }
  }
  // While the process is sampled natively, this is asked at every tick.
  if (is_native_ && now < search_.due()) return Outlook::kMore;
  const ProgramSearch::Outcome outcome = search_.Look(now, known_);
  if (outcome == ProgramSearch::Outcome::kReady) {
    was_sampled_ = true;
    found.push_back(search_.Take());
    return Outlook::kMore;
  }
  if (outcome == ProgramSearch::Outcome::kRefused && !with_native_) {
    if (child_ == nullptr) return search_.problem();
    // Kept when the process has ended and is nothing any more.
    refusal_ = search_.problem().Message();
  }
  if (HasEnded()) return Outlook::kNoMore;
  if (child_ == nullptr && !was_sampled_ && now - waits_since_ > kAttachPatience) {
    return Error{ErrorCode::kNotFound, 0, Address{},
                 fmt::format("process {} is not a Python program ({}); --native profiles it all "
                             "the same",
                             target_.pid(), target_.ExecutablePath())};
  }
  return Outlook::kMore;
}

}  // namespace osprey
