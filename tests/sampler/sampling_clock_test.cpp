#include "osprey/sampler/sampling_clock.h"

#include <gtest/gtest.h>

#include <set>

namespace osprey {
namespace {

using std::chrono::milliseconds;

TEST(SamplingClock, KeepsItsAverageRateAndItsJitterInBounds) {
  const TimePoint start{};
  SamplingClock clock(1000, start, 1);
  std::set<Duration::rep> shifts;
  for (int i = 0; i < 10000; ++i) {
    const auto shift = clock.Due() - (start + milliseconds(i));
    EXPECT_LE(shift, std::chrono::microseconds(250));
    EXPECT_GE(shift, -std::chrono::microseconds(250));
    shifts.insert(shift.count());
    clock.Taken(clock.Due());
  }
  EXPECT_GT(shifts.size(), 5000U) << "hardly any jitter";
  EXPECT_EQ(clock.ticks(), 10000U);
  EXPECT_EQ(clock.missed(), 0U);
}

TEST(SamplingClock, CountsWhatItMissedAndNeverMakesUpForIt) {
  const TimePoint start{};
  SamplingClock clock(1000, start, 1);
  clock.Taken(start);
  const TimePoint late = start + milliseconds(50);
  clock.Taken(late);  // asleep for 50 periods
  EXPECT_EQ(clock.ticks() + clock.missed(), 50U);
  EXPECT_GT(clock.missed(), 45U);
  int soon = 0;  // ticks within the next period
  while (clock.Due() <= late + milliseconds(1)) {
    clock.Taken(std::max(clock.Due(), late));
    ++soon;
  }
  EXPECT_LE(soon, 2);
}

TEST(SamplingClock, WithoutARateItIsAlwaysDue) {
  SamplingClock clock(0, TimePoint{}, 1);
  for (int i = 1; i < 100; ++i) clock.Taken(TimePoint{} + milliseconds(i));
  EXPECT_LE(clock.Due(), TimePoint{} + milliseconds(1));
  EXPECT_EQ(clock.missed(), 0U);
}

}  // namespace
}  // namespace osprey
