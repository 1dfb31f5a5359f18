#include "cli/rate_text.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

TEST(RateText, HasNoPowersOfTen) {
  EXPECT_EQ(RateText(1e7), "10000000 Hz");
  EXPECT_EQ(RateText(1e6), "1000000 Hz");
  EXPECT_EQ(RateText(999.6), "1000 Hz");
  EXPECT_EQ(RateText(99.97), "100 Hz");
  EXPECT_EQ(RateText(2.5), "2.5 Hz");
  EXPECT_EQ(RateText(0.5), "0.5 Hz");
  EXPECT_EQ(RateText(0), "0 Hz");
}

TEST(RateHad, IsNeverMoreThanWasAskedFor) {
  RunFigures figures;
  figures.requested_hz = 0.5;
  figures.ticks = 1;
  EXPECT_EQ(RateHad(figures, 0.02), 0.5);
  EXPECT_EQ(RateHad(figures, 4), 0.25);
  EXPECT_EQ(RateHad(figures, 0), 0);
  figures.requested_hz = 0;  // as fast as possible
  EXPECT_EQ(RateHad(figures, 0.02), 50);
}

}  // namespace
}  // namespace osprey
