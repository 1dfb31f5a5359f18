#include "osprey/native/stack_namer.h"

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
  names_.Put(native, {{{"outer", "a.c", 5, false}, {"inner", "a.h", 7, true}}, true, false});
  const StackId root = raw_.Push(kRootStack, python);
  const StackId leaf = raw_.Push(root, native);
  StackNamer namer(raw_, names_, false);
  EXPECT_EQ(namer.Name(kRootStack), kRootStack);
  EXPECT_EQ(Text(namer.stacks(), namer.Name(root)), (Texts{"main a.py:3"}));
  EXPECT_EQ(Text(namer.stacks(), namer.Name(leaf)),
            (Texts{"main a.py:3", "outer a.c:5", "inner a.h:7"}));
  const FrameId last = namer.stacks().Frames(namer.Name(leaf)).back();
  EXPECT_EQ(namer.stacks().frame(last).kind, FrameKind::kNative);
}

TEST_F(NamingStacks, MakesOneOfAddressesOfOneLine) {
  const FrameId a = Native("0x10"), b = Native("0x14"), c = Native("0x18");
  names_.Put(a, {{{"f", "a.c", 5, false}}, true, false});
  names_.Put(b, {{{"f", "a.c", 5, false}}, true, false});
  names_.Put(c, {{{"f", "a.c", 6, false}}, true, false});
  const StackId in_a = raw_.Push(kRootStack, a);
  const StackId in_b = raw_.Push(kRootStack, b);
  const StackId in_c = raw_.Push(kRootStack, c);
  const StackId deeper = raw_.Push(in_b, c);
  StackNamer namer(raw_, names_, false);
  EXPECT_EQ(namer.Name(in_a), namer.Name(in_b));
  EXPECT_NE(namer.Name(in_a), namer.Name(in_c));
  EXPECT_EQ(namer.stacks().node(namer.Name(deeper)).parent, namer.Name(in_a));
  EXPECT_EQ(namer.stacks().node_count(), 4U);
  EXPECT_EQ(namer.stacks().frame_count(), 2U);
}

TEST_F(NamingStacks, KnowsWhatBecameOfEach) {
  const StackId a = raw_.Push(kRootStack, Native("0x10"));
  const StackId b = raw_.Push(kRootStack, Native("0x14"));
  StackNamer namer(raw_, names_, false);
  const StackId named = namer.Name(b);
  EXPECT_EQ(namer.Name(b), named);
  ASSERT_EQ(namer.ids().size(), b.value + 1U);
  EXPECT_EQ(namer.ids()[b.value], named);
  EXPECT_EQ(namer.ids()[a.value], kRootStack);
}

TEST_F(NamingStacks, KeepsWhatWasRenamedBefore) {
  const FrameId thread = Intern("thread (0x1)", "", FrameKind::kThread);
  const StackId stack = raw_.Push(kRootStack, thread);
  raw_.Rename(thread, raw_.strings().Intern("thread (0x1): worker"));
  StackNamer namer(raw_, names_, false);
  const StackId named = namer.Name(stack);
  EXPECT_EQ(Text(namer.stacks(), named), (Texts{"thread (0x1): worker :0"}));
  EXPECT_EQ(namer.stacks().frame(namer.stacks().node(named).frame).kind, FrameKind::kThread);
}

TEST_F(NamingStacks, RenamesLater) {
  const FrameId thread = Intern("thread (0x1)", "", FrameKind::kThread);
  const FrameId unseen = Intern("thread (0x2)", "", FrameKind::kThread);
  const StackId stack = raw_.Push(kRootStack, thread);
  StackNamer namer(raw_, names_, false);
  const StackId named = namer.Name(stack);
  StackTable::Mark mark;
  namer.stacks().TakeNews(mark);
  raw_.Rename(thread, raw_.strings().Intern("thread (0x1): worker"));
  raw_.Rename(unseen, raw_.strings().Intern("thread (0x2): other"));
  namer.Rename(thread);
  namer.Rename(unseen);  // nothing stands for it yet
  EXPECT_EQ(Text(namer.stacks(), named), (Texts{"thread (0x1): worker :0"}));
  EXPECT_EQ(namer.stacks().TakeNews(mark).renames.size(), 1U);
}

TEST_F(NamingStacks, LeavesNativeFramesThatNobodyNamed) {
  const StackId stack = raw_.Push(kRootStack, Native("0x10"));
  StackNamer namer(raw_, names_, true);
  EXPECT_EQ(Text(namer.stacks(), namer.Name(stack)), (Texts{"0x10 /lib/a.so:0"}));
}

TEST_F(NamingStacks, GoesOnWithATableThatHasGrown) {
  const StackId first = raw_.Push(kRootStack, Native("0x10"));
  StackNamer namer(raw_, names_, false);
  const StackId before = namer.Name(first);
  const FrameId later = Native("0x20");
  names_.Put(later, {{{"g", "a.c", 9, false}}, true, false});
  const StackId second = raw_.Push(first, later);
  EXPECT_EQ(Text(namer.stacks(), namer.Name(second)), (Texts{"0x10 /lib/a.so:0", "g a.c:9"}));
  EXPECT_EQ(namer.stacks().node(namer.Name(second)).parent, before);
}

TEST_F(NamingStacks, LeavesOutTheInterpretersCallsBelowRoots) {
  const FrameId thread = Intern("thread (0x1): main", "", FrameKind::kThread);
  const FrameId start = Native("0x10"), machinery = Native("0x20"), builtin = Native("0x30");
  const FrameId python = Intern("work", "a.py", FrameKind::kPython, 3);
  names_.Put(start, {{{"_start", "", 0, false}}, true, true});
  names_.Put(machinery, {{{"_PyObject_MakeTpCall", "call.c", 4, false}}, true, true});
  names_.Put(builtin, {{{"list_sort_impl", "listobject.c", 5, false}}, true, true});
  StackId stack = kRootStack;
  for (const FrameId frame : {thread, start, python, machinery, builtin}) {
    stack = raw_.Push(stack, frame);
  }
  StackNamer folded(raw_, names_, true);
  EXPECT_EQ(Text(folded.stacks(), folded.Name(stack)),
            (Texts{"thread (0x1): main :0", "work a.py:3", "list_sort_impl listobject.c:5"}));
  StackNamer whole(raw_, names_, false);
  EXPECT_EQ(Text(whole.stacks(), whole.Name(stack)).size(), 5U);
}

}  // namespace
}  // namespace osprey
