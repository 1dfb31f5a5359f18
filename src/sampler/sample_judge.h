// Whether the kernel's samples of a process can be believed.
#pragma once

#include <cstdint>

#include "osprey/base/duration.h"
#include "osprey/target/live_target.h"

namespace osprey {

// Threads that live for less than a period are never sampled, and a program that makes such threads
// all the time may not be seen at all (PerfSamples). So what came is held against the processor
// time that the process has used.
class SampleJudge {
 public:
  // `target` must outlive this.
  SampleJudge(const LiveTarget& target, double rate_hz) : target_(target), rate_hz_(rate_hz) {}

  // Looks once a second, when `samples` is how many have come so far: false where those since the
  // last look are less than half of what was due.
  bool IsBelievable(TimePoint now, std::uint64_t samples);

 private:
  const LiveTarget& target_;
  double rate_hz_;
  TimePoint judged_;           // when what came was last held against what was used
  double used_s_ = 0;          // processor time by then
  std::uint64_t samples_ = 0;  // by then
};

}  // namespace osprey
