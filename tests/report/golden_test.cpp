// Whole files against tests/golden/report; UPDATE_GOLDEN=1 rewrites them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "synthetic_run.h"

namespace osprey {
namespace {

void ExpectGolden(const std::string& shape, const std::string& format, const std::string& file) {
  testing::SyntheticRun run;
  ASSERT_TRUE(testing::FillShape(shape, run));
  std::ostringstream out;
  ASSERT_TRUE(MakeReporter(ParseFormat(format).value(), {})->Write(run.Input(), out).has_value());
  std::string text = out.str();
  // Style and script have their own test in the browser; here they would only make noise.
  for (const auto& [begin, end] : {std::pair{"<style", "</style>"}, {"<script><!", "</script>"}}) {
    const std::size_t from = text.find(begin);
    const std::size_t to = text.find(end, from == std::string::npos ? 0 : from);
    if (from != std::string::npos && to != std::string::npos) text.erase(from, to - from);
  }
  const std::string path = std::string(OSPREY_SOURCE_DIR) + "/tests/golden/report/" + file;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream golden(path);
  ASSERT_TRUE(golden.good()) << path;
  std::ostringstream expected;
  expected << golden.rdbuf();
  EXPECT_EQ(text, expected.str()) << "UPDATE_GOLDEN=1 rewrites " << path;
}

TEST(GoldenTest, Raw) { ExpectGolden("demo", "raw", "demo.folded"); }
TEST(GoldenTest, Speedscope) { ExpectGolden("demo", "speedscope", "demo.speedscope.json"); }
TEST(GoldenTest, Flamegraph) { ExpectGolden("demo", "flamegraph", "demo.svg"); }
TEST(GoldenTest, EmptyRaw) { ExpectGolden("empty", "raw", "empty.folded"); }
TEST(GoldenTest, EmptySpeedscope) { ExpectGolden("empty", "speedscope", "empty.speedscope.json"); }
TEST(GoldenTest, EmptyFlamegraph) { ExpectGolden("empty", "flamegraph", "empty.svg"); }

}  // namespace
}  // namespace osprey
