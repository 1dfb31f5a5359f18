#include "osprey/profile/function_table.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

TEST(FunctionTableTest, RecursionCountsOnce) {
  StackTable stacks;
  Profile profile(stacks);
  const auto push = [&](StackId parent, const char* function, std::uint32_t line,
                        FrameKind kind = FrameKind::kPython) {
    return stacks.Push(parent,
                       stacks.InternFrame({stacks.strings().Intern(function), {}, line, kind}));
  };
  const auto sample = [&](StackId stack, int count) {
    Sample s;
    s.stack = stack;
    for (int i = 0; i < count; ++i) profile.OnSample(s);
  };
  const StackId thread = push(kRootStack, "thread (0x1): Main", 0, FrameKind::kThread);
  const StackId f = push(thread, "f", 1);
  const StackId g = push(f, "g", 5);
  const StackId f2 = push(g, "f", 2);
  sample(f, 1);
  sample(g, 3);
  sample(f2, 4);
  push(f2, "never", 1);

  const FunctionTable table(profile);
  ASSERT_EQ(table.rows().size(), 2U);
  EXPECT_EQ(stacks.strings().Get(table.rows()[0].function), "f");
  EXPECT_EQ(table.rows()[0].self, 5U);
  EXPECT_EQ(table.rows()[0].total, 8U);
  EXPECT_EQ(table.rows()[1].self, 3U);
  EXPECT_EQ(table.rows()[1].total, 7U);
}

TEST(FunctionTableTest, AnEmptyProfileHasNoRows) {
  const StackTable stacks;
  EXPECT_TRUE(FunctionTable(Profile(stacks)).rows().empty());
}

}  // namespace
}  // namespace osprey
