#include "osprey/trace/stack_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace osprey {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

FrameId AddFrame(StackTable& table, const char* function, std::uint32_t line) {
  return table.InternFrame(
      Frame{table.strings().Intern(function), table.strings().Intern("a.py"), line});
}

TEST(StackTable, StartsWithTheEmptyStack) {
  const StackTable table;
  EXPECT_EQ(table.node_count(), 1u);
  EXPECT_THAT(table.Frames(kRootStack), IsEmpty());
}

TEST(StackTable, FramesDifferByEachOfTheirParts) {
  StackTable table;
  const Frame frame{table.strings().Intern("f"), table.strings().Intern("a.py"), 1};
  const FrameId id = table.InternFrame(frame);
  EXPECT_EQ(table.InternFrame(frame), id);
  Frame other = frame;
  other.line = 2;
  EXPECT_NE(table.InternFrame(other), id);
  other = frame;
  other.kind = FrameKind::kNative;
  EXPECT_NE(table.InternFrame(other), id);
  other = frame;
  std::swap(other.function, other.file);
  EXPECT_NE(table.InternFrame(other), id);
  EXPECT_EQ(table.frame_count(), 4u);
  EXPECT_EQ(table.frame(id), frame);
}

TEST(StackTable, SharesCommonRootsAndTellsOrdersApart) {
  StackTable table;
  const FrameId f = AddFrame(table, "f", 1);
  const FrameId g = AddFrame(table, "g", 2);
  const StackId fg = table.Push(table.Push(kRootStack, f), g);
  const StackId gf = table.Push(table.Push(kRootStack, g), f);
  EXPECT_NE(fg, gf);
  EXPECT_EQ(table.Push(table.Push(kRootStack, f), g), fg);
  EXPECT_EQ(table.node_count(), 5u);
  EXPECT_THAT(table.Frames(fg), ElementsAre(f, g));
  EXPECT_THAT(table.Frames(gf), ElementsAre(g, f));
}

TEST(StackTable, RecursionMakesOneNodePerDepth) {
  StackTable table;
  const FrameId f = AddFrame(table, "f", 1);
  StackId stack = kRootStack;
  for (int depth = 0; depth < 1000; ++depth) {
    const StackId deeper = table.Push(stack, f);
    EXPECT_GT(deeper, stack);
    stack = deeper;
  }
  EXPECT_EQ(table.Frames(stack).size(), 1000u);
}

TEST(StackTable, ACopyGetsEveryRowUnderItsId) {
  StackTable table;
  StackTable copy;
  StackTable::Mark mark;
  const FrameId thread = AddFrame(table, "thread", 0);
  const FrameId f = AddFrame(table, "f", 1);
  const StackId on_thread = table.Push(table.Push(kRootStack, thread), f);
  copy.Append(table.TakeNews(mark));
  const auto same = [&] {
    EXPECT_EQ(copy.node_count(), table.node_count());
    EXPECT_EQ(copy.frame_count(), table.frame_count());
    for (std::uint32_t i = 0; i < table.frame_count(); ++i) {
      const auto name = [&](const StackTable& of) {
        return of.strings().Get(of.frame(FrameId{i}).function);
      };
      EXPECT_EQ(name(copy), name(table));
    }
    for (std::uint32_t i = 1; i < table.node_count(); ++i) {
      EXPECT_EQ(copy.Frames(StackId{i}), table.Frames(StackId{i}));
    }
  };
  same();
  // Renamed after it was copied, and renamed before it is.
  table.Rename(thread, table.strings().Intern("thread: Main"));
  const FrameId other = AddFrame(table, "thread", 7);
  table.Push(on_thread, other);
  table.Rename(other, table.strings().Intern("thread: Other"));
  copy.Append(table.TakeNews(mark));
  same();
  const StackTable::News none = table.TakeNews(mark);
  EXPECT_TRUE(none.strings.empty() && none.frames.empty() && none.nodes.empty() &&
              none.renames.empty());
}

}  // namespace
}  // namespace osprey
