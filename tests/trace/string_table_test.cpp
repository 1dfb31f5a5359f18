#include "osprey/trace/string_table.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace osprey {
namespace {

TEST(StringTable, TheEmptyStringIsZero) {
  StringTable table;
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(table.Intern(""), StringId{0});
  EXPECT_EQ(table.Get(StringId{}), "");
}

TEST(StringTable, GivesTheSameTextTheSameId) {
  StringTable table;
  const StringId id = table.Intern("main");
  EXPECT_EQ(table.Intern(std::string("main")), id);
  EXPECT_NE(table.Intern("Main"), id);
  EXPECT_NE(table.Intern(std::string_view("main\0", 5)), id);
  EXPECT_EQ(table.size(), 4u);
}

TEST(StringTable, KeepsReferencesWhileItGrows) {
  StringTable table;
  const std::string& first = table.Get(table.Intern("first"));
  for (int i = 0; i < 10000; ++i) table.Intern(std::to_string(i));
  EXPECT_EQ(first, "first");
  EXPECT_EQ(&table.Get(table.Intern("first")), &first);
  EXPECT_EQ(table.size(), 10002u);
}

}  // namespace
}  // namespace osprey
