// Perf events of one process without Python, for as long as they are to be had and can be believed.
#pragma once

#include <functional>
#include <optional>

#include "osprey/base/duration.h"
#include "osprey/target/live_target.h"
#include "osprey/target/moment_samples.h"
#include "osprey/target/perf_samples.h"
#include "sampler/sample_judge.h"
#include "sampler/short_copies.h"

namespace osprey {

class PerfWatch {
 public:
  // `target` must outlive this. Without permission (PerfSamples::Open), or at a rate of 0, it is
  // never on. Where our program for the kernel is permitted (MomentSamples::Open) that copies the
  // stacks, for it copies deeper ones.
  PerfWatch(const LiveTarget& target, double rate_hz);

  bool is_on() const { return moments_ || perf_; }
  // For good.
  void TurnOff();

  // Gives what the kernel has sampled since the last call, not in the order of time; no frames are
  // in it. `take` says whether there was enough of the stack. Where there was not, more is copied
  // from now on. Turns itself off where that is too little as well, mostly, and where what came
  // cannot be believed.
  void Read(TimePoint now, const std::function<bool(const MomentSample&)>& take);

 private:
  void WantMore();

  const LiveTarget& target_;
  PerfSamples::Options options_;
  std::optional<MomentSamples> moments_;
  std::optional<PerfSamples> perf_;
  SampleJudge judge_;
  ShortCopies short_;
  std::uint64_t samples_ = 0;
};

}  // namespace osprey
