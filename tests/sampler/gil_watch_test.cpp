#include "sampler/gil_watch.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

constexpr Address kA(0x1000);
constexpr Address kB(0x2000);

class Gil : public testing::Test {
 protected:
  void Look(Address holder, std::uint64_t switches) {
    gil_.Update({holder, holder, true, switches}, ++look_);
  }

  GilWatch gil_;
  std::uint64_t look_ = 0;
};

TEST_F(Gil, NothingIsSureBeforeTheFirstLookAndAtIt) {
  EXPECT_FALSE(gil_.IsUnchanged(0, 0));
  Look(kA, 7);
  EXPECT_TRUE(gil_.IsUnsureAt(look_));
}

TEST_F(Gil, WhoWasNotTheLastHolderHasNotMovedWhileNobodySwitched) {
  Look(kA, 7);
  Look(kA, 7);
  EXPECT_FALSE(gil_.IsUnsureAt(look_));
  EXPECT_TRUE(gil_.IsUnchanged(1, 0));
  EXPECT_TRUE(gil_.IsHeldBy(kA));
}

TEST_F(Gil, TheLastHolderMayMoveAtAnyTime) {
  Look(kA, 7);
  Look(kA, 7);
  EXPECT_FALSE(gil_.IsUnchanged(1, 1));
  EXPECT_FALSE(gil_.IsUnchanged(1, 2));
  EXPECT_FALSE(gil_.IsUnchanged(2, 2));
}

TEST_F(Gil, OneSwitchIsTheNewHolders) {
  Look(kA, 7);
  Look(kB, 8);
  EXPECT_FALSE(gil_.IsUnsureAt(look_));
  EXPECT_TRUE(gil_.IsUnchanged(1, 0)) << "a third thread";
  EXPECT_TRUE(gil_.IsUnchanged(2, 1)) << "the old holder, walked when it was that no more";
}

TEST_F(Gil, AfterMoreSwitchesAnybodyMayHaveHeldIt) {
  Look(kA, 7);
  Look(kA, 9);
  EXPECT_TRUE(gil_.IsUnsureAt(look_));
  EXPECT_FALSE(gil_.IsUnchanged(1, 0));
  EXPECT_TRUE(gil_.IsUnchanged(2, 0)) << "walked since";
  Look(kB, 11);
  EXPECT_FALSE(gil_.IsUnchanged(2, 0));
}

TEST_F(Gil, ASwitchBetweenTheTwoWordsIsNotSure) {
  Look(kA, 7);
  Look(kA, 8);  // B has taken it; its name comes later
  EXPECT_FALSE(gil_.IsUnchanged(1, 0));
  Look(kA, 7);  // what went back was torn
  EXPECT_FALSE(gil_.IsUnchanged(2, 0));
}

TEST_F(Gil, WithoutACountNothingIsEverSure) {
  gil_.Update({kA, kA, true, {}}, 1);
  gil_.Update({kA, kA, true, {}}, 2);
  EXPECT_TRUE(gil_.IsUnsureAt(2));
  EXPECT_FALSE(gil_.IsUnchanged(1, 0));
  EXPECT_FALSE(gil_.IsUnchanged(2, 0));
  EXPECT_TRUE(gil_.IsHeldBy(kA));
}

TEST_F(Gil, WhatIsLostIsUnsureUntilTheNextLook) {
  Look(kA, 7);
  gil_.Lose();
  EXPECT_FALSE(gil_.IsUnchanged(1, 0));
  Look(kA, 7);
  EXPECT_FALSE(gil_.IsUnchanged(1, 0));
  Look(kA, 7);
  EXPECT_TRUE(gil_.IsUnchanged(2, 0));
}

}  // namespace
}  // namespace osprey
