#include "sampler/sample_judge.h"

#include "osprey/target/process_usage.h"

namespace osprey {
namespace {

// With some hundred samples a half is no accident.
constexpr Duration kJudgeEvery = std::chrono::seconds(1);
constexpr double kEnough = 100;

}  // namespace

bool SampleJudge::IsBelievable(TimePoint now, std::uint64_t samples) {
  if (now - judged_ < kJudgeEvery) return true;
  const auto usage = ReadProcessUsage(target_.pid());
  if (!usage) return true;
  const double used_s = usage->user_s.value_or(0) + usage->system_s.value_or(0);
  const bool is_first = judged_ == TimePoint();
  const double due = is_first ? 0 : (used_s - used_s_) * rate_hz_;
  const auto had = static_cast<double>(samples - samples_);
  judged_ = now;
  used_s_ = used_s;
  samples_ = samples;
  return due < kEnough || had >= due / 2;
}

}  // namespace osprey
