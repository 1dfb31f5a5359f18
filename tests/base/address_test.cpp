#include "osprey/base/address.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <unordered_set>

namespace osprey {
namespace {

TEST(Address, WrapsLikeTheMachine) {
  const Address last(UINT64_MAX);
  EXPECT_EQ(last + 1, Address(0));
  EXPECT_EQ(Address(0) - 1, last);
  EXPECT_EQ(Address(8) - Address(16), UINT64_MAX - 7);
}

TEST(Address, IsOrderedAndHashed) {
  EXPECT_LT(Address(1), Address(2));
  EXPECT_TRUE(Address().IsNull());
  EXPECT_FALSE(Address(1).IsNull());
  const std::unordered_set<Address> set{Address(1), Address(1), Address(2)};
  EXPECT_EQ(set.size(), 2u);
}

}  // namespace
}  // namespace osprey
