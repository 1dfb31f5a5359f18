#include "python/number_text.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace osprey {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(FloatText, IsTheShortestThatGivesItBack) {
  EXPECT_EQ(FloatText(0.1), "0.1");
  EXPECT_EQ(FloatText(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(FloatText(1), "1.0");
  EXPECT_EQ(FloatText(-0.0), "-0.0");
  EXPECT_EQ(FloatText(5e-324), "5e-324");
  EXPECT_EQ(FloatText(1.7976931348623157e308), "1.7976931348623157e+308");
}

TEST(FloatText, HasAnExponentFrom16DigitsOn) {
  EXPECT_EQ(FloatText(9999999999999998.0), "9999999999999998.0");
  EXPECT_EQ(FloatText(1e16), "1e+16");
  EXPECT_EQ(FloatText(123456789012345680.0), "1.2345678901234568e+17");
  EXPECT_EQ(FloatText(0.0001), "0.0001");
  EXPECT_EQ(FloatText(0.00001), "1e-05");
  EXPECT_EQ(FloatText(-0.000123), "-0.000123");
}

TEST(FloatText, KnowsWhatIsNoNumber) {
  EXPECT_EQ(FloatText(kInfinity), "inf");
  EXPECT_EQ(FloatText(-kInfinity), "-inf");
  EXPECT_EQ(FloatText(kNaN), "nan");
  EXPECT_EQ(FloatText(-kNaN), "nan");
}

TEST(ComplexText, LeavesOutARealPartOfNothing) {
  EXPECT_EQ(ComplexText(0, 1), "1j");
  EXPECT_EQ(ComplexText(0, -0.0), "-0j");
  EXPECT_EQ(ComplexText(-0.0, 1), "(-0+1j)");
  EXPECT_EQ(ComplexText(1, -2.5), "(1-2.5j)");
  EXPECT_EQ(ComplexText(kNaN, kInfinity), "(nan+infj)");
  EXPECT_EQ(ComplexText(1e16, -kInfinity), "(1e+16-infj)");
}

TEST(IntText, HasDigitsOf30Bits) {
  const auto text = [](const std::vector<std::uint32_t>& digits, bool is_negative) {
    return IntText(digits, is_negative);
  };
  EXPECT_EQ(text({}, false), "0");
  EXPECT_EQ(text({7}, true), "-7");
  EXPECT_EQ(text({0, 1}, false), "1073741824");
  EXPECT_EQ(text({0x3FFFFFFF, 0x3FFFFFFF}, true), "-1152921504606846975");
}

}  // namespace
}  // namespace osprey
