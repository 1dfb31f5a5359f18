#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "report/flamegraph/scene.h"
#include "report/flamegraph/static_view.h"
#include "report/flamegraph/tree_data.h"
#include "synthetic_run.h"

namespace osprey {
namespace {

std::size_t Count(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

std::string Picture(std::string_view shape) {
  testing::SyntheticRun run;
  EXPECT_TRUE(testing::FillShape(shape, run));
  const Scene scene = MakeScene(run.Input(), {});
  std::ostringstream out;
  StaticView(scene).Write(out);
  return out.str();
}

TEST(FlamegraphTest, TheDataHoldsEverySample) {
  testing::SyntheticRun run;
  ASSERT_TRUE(testing::FillShape("wide", run));
  std::ostringstream out;
  WriteTreeData(MakeScene(run.Input(), {}), out);
  const auto data = nlohmann::json::parse(out.str());
  std::uint64_t sum = data["rootSelf"];
  for (const std::uint64_t self : data["self"]) sum += self;
  EXPECT_EQ(sum, run.profile().total());
  EXPECT_EQ(data["name"].size(), data["up"].size());
  EXPECT_EQ(data["name"].size(), data["self"].size());
}

TEST(FlamegraphTest, ThePictureIsBounded) {
  EXPECT_LE(Count(Picture("wide"), "<title>"), 5000U);
  EXPECT_LE(Count(Picture("deep"), "<title>"), 300U);
  EXPECT_THAT(Picture("deep"), ::testing::HasSubstr("10001 frames deep"));
}

TEST(FlamegraphTest, HostileNamesStayText) {
  const std::string picture = Picture("hostile");
  EXPECT_EQ(picture.find("<script"), std::string::npos);
  EXPECT_EQ(picture.find("]]>"), std::string::npos);
  EXPECT_EQ(picture.find('\x1b'), std::string::npos);
  testing::SyntheticRun run;
  ASSERT_TRUE(testing::FillShape("hostile", run));
  std::ostringstream data;
  WriteTreeData(MakeScene(run.Input(), {}), data);
  EXPECT_EQ(data.str().find_first_of("<>&"), std::string::npos);
}

TEST(FlamegraphTest, NumbersAreForPeople) {
  EXPECT_EQ(GroupDigits(0), "0");
  EXPECT_EQ(GroupDigits(999), "999");
  EXPECT_EQ(GroupDigits(1234567), "1,234,567");
  EXPECT_EQ(Rounded(1000, 1), "1000");
  EXPECT_EQ(Rounded(2.5, 2), "2.5");
}

}  // namespace
}  // namespace osprey
