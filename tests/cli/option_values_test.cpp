#include "cli/option_values.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

TEST(OptionValues, PidsAreNumbersAboveZero) {
  EXPECT_EQ(*ParsePid("4242"), 4242);
  for (const char* text : {"", "0", "-1", "-o", "abc", "12x", "1.5", "99999999999"}) {
    const auto pid = ParsePid(text);
    ASSERT_FALSE(pid) << text;
    EXPECT_NE(pid.error().Message().find("--pid takes the number of a process"), std::string::npos);
  }
}

TEST(OptionValues, Rates) {
  EXPECT_EQ(*ParseRate("250"), 250);
  EXPECT_EQ(*ParseRate("1k"), 1000);
  EXPECT_EQ(*ParseRate("2.5k"), 2500);
  EXPECT_EQ(*ParseRate("1M"), 1e6);
  EXPECT_EQ(*ParseRate("max"), 0);
  for (const char* bad : {"", "0", "-5", "k", "1kk", "1e9", "nan", "inf", "10 Hz", "fast"}) {
    EXPECT_FALSE(ParseRate(bad)) << bad;
  }
}

TEST(OptionValues, Durations) {
  EXPECT_EQ(**ParseDuration("2.5"), std::chrono::milliseconds(2500));
  EXPECT_FALSE(ParseDuration("unlimited")->has_value());
  for (const char* bad : {"", "0", "-1", "1m", "nan", "1e300"}) {
    EXPECT_FALSE(ParseDuration(bad)) << bad;
  }
}

}  // namespace
}  // namespace osprey
