#include <gtest/gtest.h>

#include <string>

#include "osprey/python/runtime_finder.h"

namespace osprey {
namespace {

std::string WithNul(std::string_view text) {
  std::string bytes;
  bytes.push_back('\0');
  bytes.append(text);
  bytes.push_back('\0');
  return bytes;
}

TEST(VersionText, FindsTheInterpretersOwnText) {
  const auto found = FindVersionText(WithNul("3.8.18 (default, Jan 1"));
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (Version{3, 8, 18}));
  const auto candidate = FindVersionText(WithNul("3.13.0rc2+ (main"));
  ASSERT_TRUE(candidate);
  EXPECT_EQ(*candidate, (Version{3, 13, 0}));
}

TEST(VersionText, IgnoresWhatOnlyLooksAlike) {
  for (const char* text : {"3.8.18", "x3.8.18 (", "3.8 (", "3..8 (", "4.8.1 (", "3.8.18("}) {
    EXPECT_FALSE(FindVersionText(WithNul(text))) << text;
  }
}

TEST(VersionText, FindsTheLiteralEvenAtTheEndOfALongerString) {
  const auto found = FindVersionLiteral(WithNul("/opt/versions/3.8.18"), {3, 8, 0});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->micro, 18);
  EXPECT_FALSE(FindVersionLiteral(WithNul("13.8.18"), {3, 8, 0}));
  EXPECT_FALSE(FindVersionLiteral(WithNul("3.8.18/lib"), {3, 8, 0}));
  EXPECT_FALSE(FindVersionLiteral("3.8.", {3, 8, 0}));
}

TEST(VersionText, ReadsFileNames) {
  EXPECT_EQ(*VersionOfFileName("/usr/lib/libpython3.8.so.1.0"), (Version{3, 8, 0}));
  EXPECT_EQ(*VersionOfFileName("/usr/bin/python3.12"), (Version{3, 12, 0}));
  EXPECT_FALSE(VersionOfFileName("/usr/bin/python3"));
  EXPECT_FALSE(VersionOfFileName("/usr/lib/libc.so.6"));
}

}  // namespace
}  // namespace osprey
