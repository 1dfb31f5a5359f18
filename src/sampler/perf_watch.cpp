#include "sampler/perf_watch.h"

#include <span>
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
  if (auto moments = MomentSamples::Open(target.pid(), rate_hz, std::nullopt)) {
    moments_.emplace(std::move(*moments));
    return;
  }
  auto perf = PerfSamples::Open(target.pid(), options_);
  if (perf) perf_.emplace(std::move(*perf));
}

void PerfWatch::TurnOff() {
  moments_.reset();
  perf_.reset();
}

void PerfWatch::Read(TimePoint now, const std::function<bool(const MomentSample&)>& take) {
  if (!is_on()) return;
  const auto count = [&](const MomentSample& moment) {
    ++samples_;
    short_.Count(take(moment));
  };
  if (moments_) {
    moments_->Read(count);
  } else {
    perf_->Read([&](const PerfSample& sample) {
      const MemoryPiece stack{sample.registers.stack_pointer, sample.stack};
      MomentSample moment;
      moment.tid = sample.tid;
      moment.time = sample.time;
      moment.registers = sample.registers;
      moment.in_kernel = sample.in_kernel;
      moment.stack = std::span(&stack, 1);
      count(moment);
    });
  }
  const std::uint64_t lost = moments_ ? moments_->lost() : 0;
  if (short_.AreMany()) WantMore();
  if (!judge_.IsBelievable(now, samples_ + lost)) TurnOff();
}

void PerfWatch::WantMore() {
  if (moments_ || options_.stack_bytes >= kMostBytes) {
    TurnOff();
    return;
  }
  options_.stack_bytes = kMostBytes;
  short_.Forget();
  auto perf = PerfSamples::Open(target_.pid(), options_);
  if (perf) perf_.emplace(std::move(*perf));
}

}  // namespace osprey
