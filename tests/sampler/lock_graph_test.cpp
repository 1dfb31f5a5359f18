#include "sampler/lock_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osprey {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

DumpedWait Wait(std::size_t waiter, std::optional<std::size_t> owner,
                DumpedWait::For what = DumpedWait::For::kLock) {
  return {waiter, what, 0x1000 + waiter, owner};
}

TEST(LockGraph, NobodyWaits) { EXPECT_THAT(FindDeadlocks({}, 3), IsEmpty()); }

TEST(LockGraph, AChainThatEndsIsNoDeadlock) {
  EXPECT_THAT(FindDeadlocks({Wait(0, 1), Wait(1, 2), Wait(2, std::nullopt)}, 3), IsEmpty());
}

TEST(LockGraph, FindsCirclesAndLeavesOutWhoLeadsToThem) {
  const auto circles =
      FindDeadlocks({Wait(0, 3), Wait(1, 2), Wait(2, 1), Wait(3, 5), Wait(5, 4), Wait(4, 3)}, 6);
  EXPECT_THAT(circles, ElementsAre(ElementsAre(1, 2), ElementsAre(3, 5, 4)));
}

TEST(LockGraph, AThreadMayWaitForItself) {
  EXPECT_THAT(FindDeadlocks({Wait(1, 1), Wait(0, 1)}, 2), ElementsAre(ElementsAre(1)));
}

TEST(LockGraph, ACircleByWayOfAJoin) {
  EXPECT_THAT(FindDeadlocks({Wait(0, 1, DumpedWait::For::kThread), Wait(1, 0)}, 2),
              ElementsAre(ElementsAre(0, 1)));
}

TEST(LockGraph, TheGilIsGivenUpSoThatNobodyWaitsForItForEver) {
  EXPECT_THAT(FindDeadlocks({Wait(0, 1), Wait(1, 0, DumpedWait::For::kGil)}, 2), IsEmpty());
}

TEST(LockGraph, ThreadsThatAreNotThereAreLeftOut) {
  EXPECT_THAT(FindDeadlocks({Wait(7, 1), Wait(1, 7)}, 2), IsEmpty());
}

}  // namespace
}  // namespace osprey
