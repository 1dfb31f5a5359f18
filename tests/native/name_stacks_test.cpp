#include "osprey/native/name_stacks.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

class NamingStacks : public testing::Test {
 protected:
  FrameId Intern(const char* function, const char* file, FrameKind kind, std::uint32_t line = 0) {
    return raw_.InternFrame(
        {raw_.strings().Intern(function), raw_.strings().Intern(file), line, kind});
  }
  FrameId Native(const char* address) { return Intern(address, "/lib/a.so", FrameKind::kNative); }

  // "function file:line" from root to leaf.
  static std::vector<std::string> Text(const StackTable& stacks, StackId id) {
    std::vector<std::string> text;
    for (const FrameId frame : stacks.Frames(id)) {
      const Frame& f = stacks.frame(frame);
      text.push_back(stacks.strings().Get(f.function) + " " + stacks.strings().Get(f.file) + ":" +
                     std::to_string(f.line));
    }
    return text;
  }

  StackTable raw_;
  NativeNames names_;
};

using Texts = std::vector<std::string>;

TEST_F(NamingStacks, GivesInlinedFunctionsFramesOfTheirOwn) {
  const FrameId python = Intern("main", "a.py", FrameKind::kPython, 3);
  const FrameId native = Native("0x10");
  names_.Put(native, {{{"outer", "a.c", 5, false}, {"inner", "a.h", 7, true}}, true});
  const StackId root = raw_.Push(kRootStack, python);
  const StackId leaf = raw_.Push(root, native);
  const NamedStacks named = NameStacks(raw_, names_);
  ASSERT_EQ(named.ids.size(), raw_.node_count());
  EXPECT_EQ(named.ids[0], kRootStack);
  EXPECT_EQ(Text(named.stacks, named.ids[root.value]), (Texts{"main a.py:3"}));
  EXPECT_EQ(Text(named.stacks, named.ids[leaf.value]),
            (Texts{"main a.py:3", "outer a.c:5", "inner a.h:7"}));
  const FrameId last = named.stacks.Frames(named.ids[leaf.value]).back();
  EXPECT_EQ(named.stacks.frame(last).kind, FrameKind::kNative);
}

TEST_F(NamingStacks, MakesOneOfAddressesOfOneLine) {
  const FrameId a = Native("0x10"), b = Native("0x14"), c = Native("0x18");
  names_.Put(a, {{{"f", "a.c", 5, false}}, true});
  names_.Put(b, {{{"f", "a.c", 5, false}}, true});
  names_.Put(c, {{{"f", "a.c", 6, false}}, true});
  const StackId in_a = raw_.Push(kRootStack, a);
  const StackId in_b = raw_.Push(kRootStack, b);
  const StackId in_c = raw_.Push(kRootStack, c);
  const StackId deeper = raw_.Push(in_b, c);
  const NamedStacks named = NameStacks(raw_, names_);
  EXPECT_EQ(named.ids[in_a.value], named.ids[in_b.value]);
  EXPECT_NE(named.ids[in_a.value], named.ids[in_c.value]);
  EXPECT_EQ(named.stacks.node(named.ids[deeper.value]).parent, named.ids[in_a.value]);
  EXPECT_EQ(named.stacks.node_count(), 4U);
  EXPECT_EQ(named.stacks.frame_count(), 2U);
}

TEST_F(NamingStacks, KeepsWhatWasRenamed) {
  const FrameId thread = Intern("thread (0x1)", "", FrameKind::kThread);
  const StackId stack = raw_.Push(kRootStack, thread);
  raw_.Rename(thread, raw_.strings().Intern("thread (0x1): worker"));
  const NamedStacks named = NameStacks(raw_, names_);
  EXPECT_EQ(Text(named.stacks, named.ids[stack.value]), (Texts{"thread (0x1): worker :0"}));
  EXPECT_EQ(named.stacks.frame(named.stacks.node(named.ids[stack.value]).frame).kind,
            FrameKind::kThread);
}

TEST_F(NamingStacks, LeavesNativeFramesThatNobodyNamed) {
  const StackId stack = raw_.Push(kRootStack, Native("0x10"));
  const NamedStacks named = NameStacks(raw_, names_);
  EXPECT_EQ(Text(named.stacks, named.ids[stack.value]), (Texts{"0x10 /lib/a.so:0"}));
}

TEST_F(NamingStacks, OfNothingIsNothing) {
  const NamedStacks named = NameStacks(raw_, names_);
  EXPECT_EQ(named.ids.size(), 1U);
  EXPECT_EQ(named.stacks.node_count(), 1U);
}

}  // namespace
}  // namespace osprey
