#include "osprey/report/reporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "synthetic_run.h"

namespace osprey {
namespace {

using nlohmann::json;

std::string Written(Format format, const ReportInput& input, const FrameStyle& style = {}) {
  std::ostringstream out;
  EXPECT_TRUE(MakeReporter(format, style)->Write(input, out).has_value());
  return out.str();
}

TEST(ReporterTest, NamesAndEndingsStandForFormats) {
  EXPECT_EQ(ParseFormat("raw").value(), Format::kRaw);
  EXPECT_EQ(ParseFormat("svg").error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(ParseFormat("svg").error().context, ::testing::HasSubstr("speedscope"));
  EXPECT_EQ(FormatOfPath("a/b.svg").value(), Format::kFlamegraph);
  EXPECT_EQ(FormatOfPath("b.folded").value(), Format::kRaw);
  EXPECT_EQ(FormatOfPath("b.speedscope.json").value(), Format::kSpeedscope);
  EXPECT_EQ(FormatOfPath("b.json").error().code, ErrorCode::kInvalidArgument);
}

TEST(ReporterTest, AFullDiskIsAnError) {
  testing::SyntheticRun run;
  ASSERT_TRUE(testing::FillShape("demo", run));
  for (const Format format : {Format::kFlamegraph, Format::kRaw, Format::kSpeedscope}) {
    std::ostringstream out;
    out.setstate(std::ios::badbit);
    EXPECT_EQ(MakeReporter(format, {})->Write(run.Input(), out).error().code, ErrorCode::kIo);
  }
}

TEST(ReporterTest, FunctionsMergeTheirLines) {
  testing::SyntheticRun run;
  run.Add("f|/w/a.py|1", 2);
  run.Add("f|/w/a.py|2", 3);
  EXPECT_EQ(Written(Format::kRaw, run.Input(), {.per_function = true}), "f (a.py) 5\n");
  EXPECT_EQ(Written(Format::kRaw, run.Input()), "f (a.py:2) 3\nf (a.py:1) 2\n");
}

TEST(ReporterTest, SpeedscopeKeepsTheOrderOfTime) {
  testing::SyntheticRun run;
  run.Add("a|a.py|1", 2);
  run.Add("b|a.py|2", 1);
  run.Add("c|a.py|3", 4, 2);
  run.Add("a|a.py|1", 1);
  const json scope = json::parse(Written(Format::kSpeedscope, run.Input()));
  ASSERT_EQ(scope["profiles"].size(), 2U);
  const json& first = scope["profiles"][0];
  EXPECT_EQ(first["weights"], json({0.002, 0.001, 0.001}));
  EXPECT_EQ(first["samples"][0], first["samples"][2]);
  EXPECT_NE(first["samples"][0], first["samples"][1]);
  EXPECT_EQ(first["endValue"], 0.004);
  const std::size_t leaf = first["samples"][1][0];
  EXPECT_EQ(scope["shared"]["frames"][leaf]["name"], "b (a.py:2)");
  EXPECT_EQ(scope["shared"]["frames"][leaf]["file"], "a.py");
  EXPECT_EQ(scope["shared"]["frames"][leaf]["line"], 2);
}

TEST(ReporterTest, SpeedscopeLosesNoSampleWithoutATimeline) {
  testing::SyntheticRun run;
  ASSERT_TRUE(testing::FillShape("demo", run));
  ReportInput input = run.Input();
  input.timeline = nullptr;
  const json scope = json::parse(Written(Format::kSpeedscope, input));
  double sum = 0;
  for (const double weight : scope["profiles"][0]["weights"]) sum += weight;
  EXPECT_NEAR(sum, static_cast<double>(run.profile().total()) * 0.001, 1e-9);
}

TEST(ReporterTest, HostileNamesBreakNoFormat) {
  testing::SyntheticRun run;
  ASSERT_TRUE(testing::FillShape("hostile", run));
  EXPECT_EQ(json::parse(Written(Format::kSpeedscope, run.Input()))["shared"]["frames"].size(), 13U);
  std::istringstream folded(Written(Format::kRaw, run.Input()));
  std::string line;
  while (std::getline(folded, line)) {
    EXPECT_EQ(std::count(line.begin(), line.end(), ';'), 1) << line;
    EXPECT_TRUE(line.ends_with(" 10")) << line;
  }
}

TEST(ReporterTest, AnEmptyProfileSaysWhy) {
  testing::SyntheticRun run;
  ASSERT_TRUE(testing::FillShape("empty", run));
  for (const Format format : {Format::kFlamegraph, Format::kRaw, Format::kSpeedscope}) {
    EXPECT_THAT(Written(format, run.Input()), ::testing::HasSubstr("slept all the time"));
  }
}

}  // namespace
}  // namespace osprey
