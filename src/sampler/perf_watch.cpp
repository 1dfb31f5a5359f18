#include "sampler/perf_watch.h"

#include <utility>

#include "osprey/target/process_usage.h"

namespace osprey {
namespace {

// How often what came is held against the processor time: with some hundred samples a half is no
// accident.
constexpr Duration kJudgeEvery = std::chrono::seconds(1);
constexpr double kEnough = 100;
// The most that a sample can have (its record's size has 16 bits), a multiple of 8.
constexpr std::uint32_t kMostBytes = 65000;

}  // namespace

PerfWatch::PerfWatch(const LiveTarget& target, double rate_hz) : target_(target) {
  options_.rate_hz = rate_hz;
  if (rate_hz < 1) return;
  auto perf = PerfSamples::Open(target.pid(), options_);
  if (perf) perf_.emplace(std::move(*perf));
}

void PerfWatch::Read(TimePoint now, const std::function<void(const PerfSample&)>& take) {
  if (!perf_) return;
  perf_->Read([&](const PerfSample& sample) {
    ++samples_;
    take(sample);
  });
  if (now - judged_ >= kJudgeEvery && !IsBelievable(now)) TurnOff();
}

bool PerfWatch::IsBelievable(TimePoint now) {
  const auto usage = ReadProcessUsage(target_.pid());
  if (!usage) return true;
  const double used_s = usage->user_s.value_or(0) + usage->system_s.value_or(0);
  const bool is_first = judged_ == TimePoint();
  const double due = is_first ? 0 : (used_s - used_s_) * options_.rate_hz;
  const double had = static_cast<double>(samples_);
  judged_ = now;
  used_s_ = used_s;
  samples_ = 0;
  return due < kEnough || had >= due / 2;
}

void PerfWatch::WantMore() {
  if (!perf_ || options_.stack_bytes >= kMostBytes) return;
  options_.stack_bytes = kMostBytes;
  auto perf = PerfSamples::Open(target_.pid(), options_);
  if (perf) perf_.emplace(std::move(*perf));
}

}  // namespace osprey
