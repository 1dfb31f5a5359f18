#include "osprey/tui/usage_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osprey {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart = TimePoint() + std::chrono::hours(1);

ProcessMetrics Metrics(double user, double system, std::uint64_t resident,
                       std::uint64_t start_time = 1) {
  ProcessMetrics metrics;
  metrics.start_time = start_time;
  metrics.user_s = user;
  metrics.system_s = system;
  metrics.resident_bytes = resident;
  metrics.minor_faults = 0;
  metrics.major_faults = 0;
  return metrics;
}

TEST(UsageHistory, OneLookTellsNoRate) {
  UsageHistory history;
  EXPECT_EQ(history.Latest().processes, 0U);
  history.Add(kStart, {{1, Metrics(5, 1, 1000)}});
  const auto usage = history.Latest();
  EXPECT_FALSE(usage.user_percent);
  EXPECT_EQ(usage.resident_bytes, 1000U);
}

TEST(UsageHistory, RatesAreThoseOfTheLastSeconds) {
  UsageHistory history;
  history.Add(kStart, {{1, Metrics(5, 1, 1000)}});
  for (int i = 1; i <= 20; ++i) {
    // Busy for the first five seconds, then half as busy.
    const double user = 5 + (i <= 10 ? 0.5 * i : 5 + 0.25 * (i - 10));
    auto metrics = Metrics(user, 1 + 0.05 * i, 2000);
    metrics.read_bytes = static_cast<std::uint64_t>(i) * 500;
    metrics.written_bytes = 7;
    history.Add(kStart + milliseconds(500 * i), {{1, metrics}});
  }
  const auto usage = history.Latest();
  EXPECT_NEAR(*usage.user_percent, 50, 1e-6);
  EXPECT_NEAR(*usage.system_percent, 10, 1e-6);
  EXPECT_NEAR(*usage.read_bytes, 1000, 1e-6);
  EXPECT_NEAR(*usage.written_bytes, 0, 1e-6);
}

TEST(UsageHistory, WhatNobodyTellsIsNotZero) {
  UsageHistory history;
  history.Add(kStart, {{1, Metrics(5, 1, 1000)}});
  history.Add(kStart + seconds(1), {{1, Metrics(6, 1, 1000)}});
  EXPECT_FALSE(history.Latest().read_bytes);
  EXPECT_TRUE(history.Latest().minor_faults);
}

TEST(UsageHistory, AddsUpProcessesThatComeAndGo) {
  UsageHistory history;
  history.Add(kStart, {{1, Metrics(5, 0, 1000)}, {2, Metrics(50, 0, 500)}});
  // 2 has ended, and another process has its pid; 3 is new and counts from now on.
  history.Add(kStart + seconds(1),
              {{1, Metrics(6, 0, 1000)}, {2, Metrics(900, 0, 500, 99)}, {3, Metrics(70, 0, 1)}});
  EXPECT_NEAR(*history.Latest().user_percent, 100, 1e-6);
  EXPECT_EQ(history.Latest().resident_bytes, 1501U);
  EXPECT_EQ(history.Latest().processes, 3U);
  history.Add(kStart + seconds(2), {{1, Metrics(6, 0, 1000)}, {3, Metrics(71, 0, 1)}});
  EXPECT_NEAR(*history.Latest().user_percent, 100, 1e-6);
}

TEST(UsageHistory, TheTrendHasAPointASecond) {
  UsageHistory history;
  for (int i = 0; i < 400; ++i) {
    history.Add(kStart + milliseconds(500 * i),
                {{1, Metrics(5, 0, static_cast<std::uint64_t>(i))}});
  }
  EXPECT_EQ(history.resident_trend().size(), 120U);
  EXPECT_EQ(history.resident_trend().back(), 398U);
  EXPECT_EQ(history.resident_trend()[118], 396U);
}

}  // namespace
}  // namespace osprey
