#include "osprey/profile/call_tree.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

class CallTreeTest : public ::testing::Test {
 protected:
  StackId Push(StackId parent, const char* function, std::uint32_t line = 0) {
    return stacks_.Push(parent,
                        stacks_.InternFrame({stacks_.strings().Intern(function), {}, line, {}}));
  }
  void Sample(StackId stack, int count = 1) {
    osprey::Sample sample;
    sample.stack = stack;
    for (int i = 0; i < count; ++i) profile_.OnSample(sample);
  }
  CallTree Build() {
    return CallTree(
        profile_, [this](FrameId id) { return stacks_.strings().Get(stacks_.frame(id).function); });
  }
  std::string NameAt(const CallTree& tree, std::size_t i) {
    return tree.names()[tree.nodes()[i].name].text;
  }

  StackTable stacks_;
  Profile profile_{stacks_};
};

TEST_F(CallTreeTest, AnEmptyProfileIsARoot) {
  Push(kRootStack, "never seen");
  const CallTree tree = Build();
  EXPECT_EQ(tree.nodes().size(), 1U);
  EXPECT_EQ(tree.total(), 0U);
  EXPECT_EQ(tree.NodeOf(StackId{1}), CallTree::kNone);
}

TEST_F(CallTreeTest, EqualNamesMergeBelowAParent) {
  const StackId a1 = Push(kRootStack, "a", 1);
  const StackId a2 = Push(kRootStack, "a", 2);
  const StackId b1 = Push(a1, "b");
  const StackId b2 = Push(a2, "b");
  Sample(a1);
  Sample(b1, 2);
  Sample(b2, 3);
  const CallTree tree = Build();
  ASSERT_EQ(tree.nodes().size(), 3U);
  EXPECT_EQ(tree.nodes()[1].self, 1U);
  EXPECT_EQ(tree.nodes()[1].total, 6U);
  EXPECT_EQ(tree.nodes()[2].self, 5U);
  EXPECT_EQ(tree.NodeOf(b1), tree.NodeOf(b2));
}

TEST_F(CallTreeTest, SiblingsStandByTotalThenName) {
  const StackId z = Push(kRootStack, "z");
  Sample(z, 2);
  Sample(Push(kRootStack, "c"), 1);
  Sample(Push(kRootStack, "b"), 1);
  Sample(Push(z, "under"), 1);
  const CallTree tree = Build();
  EXPECT_EQ(NameAt(tree, 1), "z");
  EXPECT_EQ(NameAt(tree, 2), "under");
  EXPECT_EQ(NameAt(tree, 3), "b");
  EXPECT_EQ(NameAt(tree, 4), "c");
  EXPECT_EQ(tree.nodes()[0].end, 5U);
  EXPECT_EQ(tree.nodes()[1].end, 3U);
  EXPECT_EQ(tree.max_depth(), 2U);
}

TEST_F(CallTreeTest, DeepStacksNeedNoDeepStack) {
  StackId at = kRootStack;
  for (int i = 0; i < 200000; ++i) at = Push(at, "f");
  Sample(at);
  const CallTree tree = Build();
  EXPECT_EQ(tree.max_depth(), 200000U);
  EXPECT_EQ(tree.nodes()[1].total, 1U);
}

}  // namespace
}  // namespace osprey
