#include "sampler/short_copies.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

void Count(ShortCopies& copies, bool was_enough, int times) {
  for (int i = 0; i < times; ++i) copies.Count(was_enough);
}

TEST(ShortCopies, AreManyFromTheTenthOn) {
  ShortCopies copies;
  Count(copies, false, 9);
  EXPECT_FALSE(copies.AreMany());
  copies.Count(false);
  EXPECT_TRUE(copies.AreMany());
  copies.Forget();
  EXPECT_FALSE(copies.AreMany());
}

TEST(ShortCopies, AreFewAmongTwentyTimesAsMany) {
  ShortCopies copies;
  Count(copies, true, 1000);
  EXPECT_FALSE(copies.AreMany());
  Count(copies, false, 52);
  EXPECT_FALSE(copies.AreMany());
  copies.Count(false);
  EXPECT_TRUE(copies.AreMany());
}

}  // namespace
}  // namespace osprey
