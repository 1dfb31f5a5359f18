#include "sampler/perf_watch.h"

#include <utility>

namespace osprey {
namespace {

// The most that a sample can have (its record's size has 16 bits), a multiple of 8.
constexpr std::uint32_t kMostBytes = 65000;

}  // namespace

PerfWatch::PerfWatch(const LiveTarget& target, double rate_hz)
    : target_(target), judge_(target, rate_hz) {
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
  if (!judge_.IsBelievable(now, samples_)) TurnOff();
}

void PerfWatch::WantMore() {
  if (!perf_ || options_.stack_bytes >= kMostBytes) return;
  options_.stack_bytes = kMostBytes;
  auto perf = PerfSamples::Open(target_.pid(), options_);
  if (perf) perf_.emplace(std::move(*perf));
}

}  // namespace osprey
