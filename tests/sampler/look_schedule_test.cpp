#include "sampler/look_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace osprey {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Threads of which each runs or waits, and who was asked about.
class Looks : public testing::Test {
 protected:
  void Start(std::size_t count) {
    runs_.assign(count, false);
    const std::vector<std::uint32_t> before(count, LookSchedule::kNew);
    schedule_.Renumber(before);
  }
  // One tick after `passed`; returns who was asked about.
  std::multiset<std::uint32_t> Tick(Duration passed) {
    now_ += passed;
    std::multiset<std::uint32_t> asked;
    const auto runs = [&](std::uint32_t thread) {
      asked.insert(thread);
      return runs_[thread];
    };
    woken_.clear();
    schedule_.LookAtRunning(now_, runs);
    schedule_.LookAtWaiting(now_, runs, woken_);
    return asked;
  }

  Duration spent_{0};  // in asking
  LookSchedule schedule_{[this] { return TimePoint(spent_); }};
  std::vector<bool> runs_;
  std::vector<std::uint32_t> woken_;
  TimePoint now_{milliseconds(1)};
};

TEST_F(Looks, AllAreAskedAboutFirst) {
  Start(100);
  EXPECT_EQ(Tick(milliseconds(1)).size(), 100U);
  EXPECT_TRUE(schedule_.running().empty());
}

TEST_F(Looks, WhatRunsIsAskedAboutEveryTime) {
  Start(3);
  runs_[1] = true;
  for (int i = 0; i < 2000; ++i) EXPECT_EQ(Tick(milliseconds(1)).count(1), 1U);
  EXPECT_EQ(schedule_.running(), std::vector<std::uint32_t>{1});
}

TEST_F(Looks, ARestIsASixteenthOfTheWaitWithinBounds) {
  EXPECT_EQ(LookSchedule::RestAfter(Duration(0)), microseconds(50));
  EXPECT_EQ(LookSchedule::RestAfter(milliseconds(16)), milliseconds(1));
  EXPECT_EQ(LookSchedule::RestAfter(std::chrono::hours(1)), milliseconds(10));
}

TEST_F(Looks, WhatWaitsLongIsAskedAboutSeldomButNeverLaterThanAfterTenMilliseconds) {
  Start(50);
  Tick(milliseconds(1));
  std::size_t asked = 0;
  for (int i = 0; i < 1000; ++i) asked += Tick(milliseconds(1)).size();
  EXPECT_LT(asked, 50U * 1000U / 4);
  // A thread that starts to run is found within the bound.
  runs_[7] = true;
  int ticks = 0;
  while (!schedule_.IsRunning(7) && ticks < 100) {
    Tick(milliseconds(1));
    ++ticks;
  }
  EXPECT_LE(ticks, 11);
  EXPECT_EQ(woken_, std::vector<std::uint32_t>{7});
}

TEST_F(Looks, WhatStopsIsAskedAboutAtOnceAgain) {
  Start(1);
  for (int i = 0; i < 500; ++i) Tick(milliseconds(1));
  runs_[0] = true;
  for (int i = 0; i < 20; ++i) Tick(milliseconds(1));
  ASSERT_TRUE(schedule_.IsRunning(0));
  runs_[0] = false;
  Tick(milliseconds(1));
  EXPECT_EQ(Tick(milliseconds(1)).size(), 1U) << "it has only just begun to wait";
}

TEST_F(Looks, AfterADisturbanceAllAreDueAndThoseSeenLongestAgoComeFirst) {
  Start(40);
  Tick(milliseconds(1));
  for (int i = 0; i < 1000; ++i) Tick(milliseconds(1));
  schedule_.DisturbAll();
  const auto asked = Tick(milliseconds(1));
  EXPECT_EQ(std::set<std::uint32_t>(asked.begin(), asked.end()).size(), 40U);
}

TEST_F(Looks, LookingAtWaitersKeepsToItsShareOfTheTime) {
  Start(1000);
  Tick(milliseconds(1));
  // Each look takes 20 us: ticks of 1 ms leave 100 us for them.
  std::size_t asked = 0;
  for (int i = 0; i < 50; ++i) {
    schedule_.DisturbAll();
    now_ += milliseconds(1);
    const auto runs = [&](std::uint32_t) {
      ++asked;
      spent_ += microseconds(20);
      return false;
    };
    schedule_.LookAtWaiting(now_, runs, woken_);
  }
  EXPECT_LE(asked, 50U * 6 + 500);  // what was saved up before: 10 ms
  EXPECT_GT(asked, 0U);
}

// The crowd alone would use up all the time that there is for looking.
TEST_F(Looks, WhoWakesUpOftenIsFoundAtOnceInACrowdThatNeverDoes) {
  constexpr std::uint32_t kWaker = 500;
  Start(1000);
  Tick(milliseconds(1));
  std::size_t asked = 0;
  const auto look = [&] {
    schedule_.DisturbAll();
    now_ += milliseconds(1);
    const auto runs = [&](std::uint32_t thread) {
      ++asked;
      spent_ += microseconds(20);
      return runs_[thread];
    };
    schedule_.LookAtRunning(now_, runs);
    schedule_.LookAtWaiting(now_, runs, woken_);
  };
  now_ += std::chrono::seconds(2);  // the crowd has waited for long
  for (int i = 0; i < 500; ++i) look();
  for (int time = 0; time < 10; ++time) {
    runs_[kWaker] = true;
    schedule_.Saw(kWaker, true, now_);
    look();
    runs_[kWaker] = false;
    for (int i = 0; i < 20; ++i) look();
    ASSERT_FALSE(schedule_.IsRunning(kWaker));
    runs_[kWaker] = true;
    asked = 0;
    while (!schedule_.IsRunning(kWaker)) look();
    EXPECT_LE(asked, 8U);
  }
}

TEST_F(Looks, WhoeverIsSeenElsewhereIsTakenOver) {
  Start(2);
  Tick(milliseconds(1));
  schedule_.Saw(1, true, now_);
  EXPECT_TRUE(schedule_.IsRunning(1));
  schedule_.Saw(1, false, now_);
  EXPECT_FALSE(schedule_.IsRunning(1));
  EXPECT_TRUE(schedule_.running().empty());
}

TEST_F(Looks, ANewListKeepsWhatIsKnown) {
  Start(3);
  runs_[2] = true;
  Tick(milliseconds(1));
  const std::vector<std::uint32_t> before = {2, LookSchedule::kNew, 0};
  schedule_.Renumber(before);
  EXPECT_TRUE(schedule_.IsRunning(0));
  EXPECT_TRUE(schedule_.IsRunning(1)) << "new ones count as running";
  EXPECT_FALSE(schedule_.IsRunning(2));
}

}  // namespace
}  // namespace osprey
