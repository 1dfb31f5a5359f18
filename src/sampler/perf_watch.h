// Perf events of one process, for as long as they are to be had and can be believed.
#pragma once

#include <functional>
#include <optional>

#include "osprey/base/duration.h"
#include "osprey/target/live_target.h"
#include "osprey/target/perf_samples.h"
#include "sampler/sample_judge.h"

namespace osprey {

class PerfWatch {
 public:
  // `target` must outlive this. Without permission (PerfSamples::Open), or at a rate of 0, it is
  // never on.
  PerfWatch(const LiveTarget& target, double rate_hz);

  bool is_on() const { return perf_.has_value(); }
  // For good.
  void TurnOff() { perf_.reset(); }

  // Gives what the kernel has sampled since the last call, each processor's in turn. Turns itself
  // off where that cannot be believed.
  void Read(TimePoint now, const std::function<void(const PerfSample&)>& take);

  // Stacks were deeper than what is copied: more is copied from now on, if more can be.
  void WantMore();

 private:
  const LiveTarget& target_;
  PerfSamples::Options options_;
  std::optional<PerfSamples> perf_;
  SampleJudge judge_;
  std::uint64_t samples_ = 0;
};

}  // namespace osprey
