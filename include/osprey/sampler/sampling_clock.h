// Says when to look: at a steady average rate, at moments that no program can be in step with.
#pragma once

#include <cstdint>
#include <random>

#include "osprey/base/duration.h"

namespace osprey {

class SamplingClock {
 public:
  // `rate_hz` 0 means no waiting at all. `seed` decides the jitter.
  SamplingClock(double rate_hz, TimePoint start, std::uint64_t seed);

  // When the next tick is due. Every tick has its place on a regular grid and lies up to a quarter
  // of a period before or behind it, so that the average rate is kept and programs that do
  // something at regular times are seen as they are.
  TimePoint Due() const { return due_; }

  // Says that the tick was taken at `now`. The grid's points that have passed meanwhile are
  // missed: counted, never made up for.
  void Taken(TimePoint now);

  std::uint64_t ticks() const { return ticks_; }
  std::uint64_t missed() const { return missed_; }

 private:
  TimePoint PlaceOf(std::uint64_t index);

  double period_ns_;  // 0: no waiting
  TimePoint start_;
  std::uint64_t index_ = 0;  // the grid's point that due_ belongs to
  TimePoint due_;
  std::uint64_t ticks_ = 0;
  std::uint64_t missed_ = 0;
  std::minstd_rand random_;
};

// Sleeps until `due`, or spins for the last stretch where the period is too short to sleep.
// Returns the time then. `period` is what the caller's rate makes it.
TimePoint WaitUntil(TimePoint due, Duration period);

}  // namespace osprey
