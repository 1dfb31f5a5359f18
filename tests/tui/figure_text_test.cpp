#include "osprey/tui/figure_text.h"

#include <gtest/gtest.h>

#include "osprey/tui/text_width.h"

namespace osprey {
namespace {

TEST(FigureText, Percentages) {
  EXPECT_EQ(PercentText(0), "0.0");
  EXPECT_EQ(PercentText(99.96), "100.0");
  EXPECT_EQ(PercentText(999.96), "1000");
  EXPECT_EQ(PercentText(12800), "12800");
}

TEST(FigureText, Times) {
  EXPECT_EQ(SecondsText(0.004), "0.00s");
  EXPECT_EQ(SecondsText(12.345), "12.35s");
  EXPECT_EQ(SecondsText(99.996), "100.0s");
  EXPECT_EQ(SecondsText(86400), "86400s");
  EXPECT_EQ(ElapsedText(7.9), "0:07");
  EXPECT_EQ(ElapsedText(3599), "59:59");
  EXPECT_EQ(ElapsedText(3600 + 120 + 3), "1:02:03");
}

TEST(FigureText, Amounts) {
  EXPECT_EQ(BytesText(0), "0 B");
  EXPECT_EQ(BytesText(999), "999 B");
  EXPECT_EQ(BytesText(999.6), "1.0 kB");
  EXPECT_EQ(BytesText(1234), "1.2 kB");
  EXPECT_EQ(BytesText(34e6), "34 MB");
  EXPECT_EQ(MemoryText(512 * 1024), "512 KiB");
  EXPECT_EQ(MemoryText(std::uint64_t{5} << 29), "2.5 GiB");
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(0.3), "0.3");
  EXPECT_EQ(CountText(120), "120");
  EXPECT_EQ(CountText(34e6), "34M");
  EXPECT_EQ(WholeText(2), "2");
  EXPECT_EQ(WholeText(1234), "1.2k");
  EXPECT_EQ(HertzText(520'123), "520k Hz");
  EXPECT_EQ(HertzText(9999.7), "10k Hz");
  EXPECT_EQ(MeanText(0), "0");
  EXPECT_EQ(MeanText(1.7), "1.7");
  EXPECT_EQ(MeanText(2.96), "3");
  EXPECT_EQ(HertzText(1000), "1000 Hz");
  EXPECT_EQ(HertzText(0.5), "0.5 Hz");
}

TEST(FigureText, AGraphShowsItsHighestAndLowest) {
  EXPECT_EQ(GraphText({0, 50, 100}, 10, Charset::kUtf8), "\u2581\u2585\u2588");
  EXPECT_EQ(GraphText({0, 50, 100}, 10, Charset::kAscii), "_=#");
  EXPECT_EQ(GraphText({100, 0, 50, 100}, 3, Charset::kAscii), "_=#");  // the newest ones
  EXPECT_EQ(GraphText({}, 3, Charset::kAscii), "");
  EXPECT_EQ(GraphText({5}, 0, Charset::kAscii), "");
}

TEST(FigureText, NoiseIsNoMountain) {
  EXPECT_EQ(GraphText({1000, 1001, 1000}, 3, Charset::kAscii), "___");
  EXPECT_EQ(GraphText({0, 0}, 3, Charset::kAscii), "__");
}

}  // namespace
}  // namespace osprey
