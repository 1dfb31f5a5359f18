#include "cli/single_process.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "osprey/python/thread_list.h"

namespace osprey {
namespace {

constexpr Duration kCheckEvery = std::chrono::milliseconds(20);  // the child's end
// A process that was started a moment ago has its interpreter within this time.
constexpr Duration kAttachPatience = std::chrono::milliseconds(300);

}  // namespace

Duration SingleProcess::PollAgainAfter(Duration waited) const {
  // Short while a launch is young, so that a script of 50 ms is seen from its start.
  if (waited < std::chrono::seconds(3)) return std::chrono::microseconds(300);
  return std::chrono::milliseconds(10);
}

bool SingleProcess::HasEnded() {
  return child_ != nullptr ? child_->PollExit().has_value() : !target_.IsAlive();
}

void SingleProcess::Release(const LiveTarget&) {
  is_sampled_ = false;
  waits_since_ = TimePoint();
}

Result<ProgramSource::Outlook> SingleProcess::Poll(TimePoint now,
                                                   std::vector<FoundProgram>& found) {
  if (is_sampled_) {
    // The sampler notices the end of what it samples; a child is reaped beside.
    if (child_ == nullptr || now - end_checked_ < kCheckEvery) return Outlook::kMore;
    end_checked_ = now;
    return child_->PollExit() ? Outlook::kNoMore : Outlook::kMore;
  }
  if (waits_since_ == TimePoint()) waits_since_ = now;
  const std::string identity = target_.ProgramIdentity().value_or("");
  auto runtime = FindRuntime(target_);
  if (runtime) {
    const auto threads = ListThreads(target_.memory(), *runtime);
    if (threads && !threads->threads.empty()) {
      is_sampled_ = true;
      was_sampled_ = true;
      found.push_back({target_, std::move(*runtime), identity});
      return Outlook::kMore;
    }
    last_problem_ = "its interpreter has not started";
  } else {
    if (child_ == nullptr && runtime.error().code == ErrorCode::kUnsupported) {
      return runtime.error();
    }
    // Kept when the process has ended and is nothing any more.
    if (runtime.error().code == ErrorCode::kUnsupported) unsupported_ = runtime.error().Message();
    if (runtime.error().Message() != last_problem_) {
      last_problem_ = runtime.error().Message();
      spdlog::debug("waiting for Python: {}", last_problem_);
    }
  }
  if (HasEnded()) return Outlook::kNoMore;
  if (child_ == nullptr && !was_sampled_ && now - waits_since_ > kAttachPatience) {
    return Error{ErrorCode::kNotFound, 0, Address{},
                 fmt::format("process {} is not a Python program ({})", target_.pid(),
                             target_.ExecutablePath())};
  }
  return Outlook::kMore;
}

}  // namespace osprey
