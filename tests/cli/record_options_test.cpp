#include "cli/record_options.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

TEST(RecordOptions, OutputsFindTheirFormats) {
  const auto by_ending = PairOutputs({"a.svg", "b.folded", "c.speedscope.json"}, {});
  ASSERT_TRUE(by_ending);
  EXPECT_EQ((*by_ending)[0].format, Format::kFlamegraph);
  EXPECT_EQ((*by_ending)[1].format, Format::kRaw);
  EXPECT_EQ((*by_ending)[2].format, Format::kSpeedscope);
  const auto one_for_all = PairOutputs({"a.svg", "b"}, {"raw"});
  ASSERT_TRUE(one_for_all);
  EXPECT_EQ((*one_for_all)[0].format, Format::kRaw);
  EXPECT_EQ((*one_for_all)[1].format, Format::kRaw);
  const auto nothing = PairOutputs({}, {});
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->size(), 1U);
  EXPECT_FALSE(PairOutputs({"a.jpeg"}, {}));
  EXPECT_FALSE(PairOutputs({"a"}, {"raw", "raw"}));
  EXPECT_FALSE(PairOutputs({"a"}, {"jpeg"}));
}

}  // namespace
}  // namespace osprey
