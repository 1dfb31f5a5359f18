#include "osprey/python/frame_locals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "python/object_memory.h"

namespace osprey {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int32_t kFunction = 0x1 | 0x2;  // CO_OPTIMIZED, CO_NEWLOCALS
constexpr std::int32_t kVarArgs = 0x4;

struct Slot {
  const char* name;
  char kind;  // 'l' local, 'c' cell, 'f' free, 'h' hidden
  Address value;
};

class Frames : public testing::TestWithParam<Version> {
 protected:
  Frames() {
    objects_.Type("cell");
    objects_.Type("code");
  }

  bool is_old() const { return layout_.frame_chain == FrameChain::kFrameObjects; }
  // How a frame of this version refers to `object`.
  Address Reference(Address object) const {
    return layout_.reference_tags == 0 || !object.IsNull() ? object : Address(1);
  }
  Address Cell(Address object) { return objects_.Object("cell", {object.value}); }
  Address Names(const std::vector<Slot>& slots, std::string_view kinds) {
    std::vector<Address> names;
    for (const Slot& slot : slots) {
      if (kinds.find(slot.kind) != kinds.npos) names.push_back(objects_.Str(slot.name));
    }
    return objects_.Tuple(names);
  }
  Address BytesOf(const std::string& text) {
    Bytes bytes(layout_.bytes.ob_sval + text.size() + 1);
    bytes.Set(layout_.bytes.ob_size, std::uint64_t{text.size()});
    for (Offset i = 0; i < text.size(); ++i) bytes.Set(layout_.bytes.ob_sval + i, text[i]);
    return objects_.Put(bytes);
  }

  // A code object and a frame of it. `slots` in the order of the frame.
  RawFrame Put(const std::vector<Slot>& slots, std::int32_t flags, std::int32_t arguments) {
    const auto& c = layout_.code_object;
    Bytes code(512);
    code.Set(c.stacksize, std::int32_t{4}).Set(c.argcount, arguments);
    if (is_old()) {
      code.Set(c.varnames, Names(slots, "l"))
          .Set(c.cellvars, Names(slots, "c"))
          .Set(c.freevars, Names(slots, "f"));
    } else {
      std::string kinds;
      for (const Slot& slot : slots) {
        kinds.push_back(slot.kind == 'l'   ? '\x20'
                        : slot.kind == 'c' ? '\x60'  // an argument that is a cell
                        : slot.kind == 'f' ? '\x80'
                                           : '\x30');
      }
      code.Set(c.nlocalsplus, static_cast<std::int32_t>(slots.size()))
          .Set(c.localsplusnames, Names(slots, "lcfh"))
          .Set(c.localspluskinds, BytesOf(kinds))
          // From unit 10 on for 10 units, to 30, with two objects on the stack.
          .Set(c.exceptiontable, BytesOf("\x8A\x0A\x1E\x04"));
    }
    code_.address = objects_.Put(code);
    code_.flags = flags;
    Bytes frame(1024);
    const auto& f = layout_.interpreter_frame;
    Offset at = f.localsplus;
    for (const Slot& slot : slots) {
      frame.Set(at, Reference(slot.value));
      at += 8;
    }
    for (int i = 0; i < 4; ++i) {
      frame.Set(at, Address(0x9000U + static_cast<unsigned>(i) * 16));
      at += 8;
    }
    stack_ = at - 32;
    if (is_old()) {
      frame.Set(f.f_iblock, std::int32_t{2});
      frame.Set(f.f_blockstack + 12 + 8, std::int32_t{2});
    }
    if (f.stackpointer == kAbsent && f.f_stacktop == kAbsent) frame.Set(f.depth, std::int32_t{-1});
    frame_ = frame;
    at_ = objects_.Reserve(1024);
    objects_.PutAt(at_, frame);
    return {at_, &code_, 24};
  }

  // The same frame elsewhere, with a stack of `depth` objects.
  RawFrame WithDepth(std::int32_t depth) {
    const auto& f = layout_.interpreter_frame;
    const Address at = objects_.Reserve(1024);
    const Offset pointer = f.stackpointer != kAbsent ? f.stackpointer : f.f_stacktop;
    if (pointer != kAbsent) {
      frame_.Set(pointer, at + stack_ + static_cast<std::uint64_t>(depth) * 8);
    } else {
      const Offset below = layout_.stack_top == StackTop::kLocalsOffset ? stack_ - f.localsplus : 0;
      frame_.Set(f.depth, depth + static_cast<std::int32_t>(below / 8));
    }
    objects_.PutAt(at, frame_);
    return {at, &code_, 24};
  }

  std::vector<std::string> Described(const RawFrame& frame) const {
    const auto locals = FrameLocals(objects_.memory(), layout_).Read(frame);
    if (!locals) return {locals.error().Message()};
    std::vector<std::string> described;
    for (const LocalVariable& local : *locals) {
      described.push_back((local.is_argument ? "argument " : "") + local.name + "=" +
                          std::to_string(local.value.value));
    }
    return described;
  }

  const Layout& layout_ = *FindLayout(GetParam());
  ObjectMemory objects_{layout_};
  CodeObject code_;
  Bytes frame_{0};
  Address at_;
  Offset stack_ = 0;
};

class DataStackFrames : public Frames {};
class TaggedFrames : public Frames {};

TEST_P(Frames, VariablesInTheOrderOfTheFunction) {
  const RawFrame frame = Put({{"first", 'l', Address(0x1000)},
                              {"rest", 'l', Address(0x2000)},
                              {"unbound", 'l', Address{}},
                              {"local", 'l', Address(0x3000)},
                              {"shared", 'c', Cell(Address(0x4000))},
                              {"empty", 'c', Cell(Address{})},
                              {"outer", 'f', Cell(Address(0x5000))}},
                             kFunction | kVarArgs, 1);
  EXPECT_THAT(Described(frame), ElementsAre("argument first=4096", "argument rest=8192",
                                            "local=12288", "shared=16384", "outer=20480"));
}

TEST_P(Frames, ArgumentsThatAreCells) {
  std::vector<Slot> slots = {{"argument", 'l', Address{}},
                             {"second", 'l', Address(0x2000)},
                             {"argument", 'c', Cell(Address(0x1000))}};
  if (!is_old())
    slots = {{"argument", 'c', Cell(Address(0x1000))}, {"second", 'l', Address(0x2000)}};
  EXPECT_THAT(Described(Put(slots, kFunction, 2)),
              ElementsAre("argument argument=4096", "argument second=8192"));
}

TEST_P(Frames, CellsThatAreNotMadeYet) {
  const Address value = objects_.Int(7);
  EXPECT_THAT(Described(Put({{"argument", 'c', value}}, kFunction, 1)),
              ElementsAre("argument argument=" + std::to_string(value.value)));
}

TEST_P(DataStackFrames, HiddenVariablesAreNotShown) {
  EXPECT_THAT(
      Described(Put({{"x", 'h', Address(0x1000)}, {"y", 'l', Address(0x2000)}}, kFunction, 0)),
      ElementsAre("y=8192"));
}

TEST_P(TaggedFrames, TaggedReferences) {
  EXPECT_THAT(Described(Put({{"borrowed", 'l', Address(0x1001)},
                             {"number", 'l', Address(0x1003)},
                             {"wrapped", 'l', Address(0x1002)}},
                            kFunction, 0)),
              ElementsAre("borrowed=4096"));
}

TEST_P(Frames, NamespacesOfModules) {
  objects_.Type("dict", ObjectMemory::kDictSubclass);
  const Address module = objects_.Object("module", {0});
  const Address value = objects_.Int(1);
  const Address dict = objects_.Dict({{objects_.Str("__name__"), value},
                                      {objects_.Str("sys"), module},
                                      {objects_.Str("__private"), value},
                                      {objects_.Str("name"), value}});
  Put({}, 0, 0);
  frame_.Set(layout_.interpreter_frame.f_locals, dict);
  const RawFrame frame = WithDepth(0);
  const std::string number = std::to_string(value.value);
  EXPECT_THAT(Described(frame), ElementsAre("__private=" + number, "name=" + number));
  // Another mapping is not looked into.
  frame_.Set(layout_.interpreter_frame.f_locals, objects_.Object("mapping", {0}));
  EXPECT_THAT(Described(WithDepth(0)), IsEmpty());
}

TEST_P(Frames, StackOfAFrameThatSaysHowHighItIs) {
  Put({{"x", 'l', Address(0x1000)}}, kFunction, 0);
  const FrameLocals locals(objects_.memory(), layout_);
  const auto stack = locals.ReadStack(WithDepth(3));
  ASSERT_TRUE(stack);
  EXPECT_TRUE(stack->is_exact);
  EXPECT_THAT(stack->objects, ElementsAre(Address(0x9000), Address(0x9010), Address(0x9020)));
  EXPECT_EQ(stack->guarded, 2U);
  const auto empty = locals.ReadStack(WithDepth(0));
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->is_exact);
  EXPECT_THAT(empty->objects, IsEmpty());
  EXPECT_EQ(empty->guarded, 0U);
}

TEST_P(Frames, StackOfAFrameThatExecutes) {
  const RawFrame frame = Put({{"x", 'l', Address(0x1000)}}, kFunction, 0);
  const FrameLocals locals(objects_.memory(), layout_);
  const auto stack = locals.ReadStack(frame);
  ASSERT_TRUE(stack);
  EXPECT_FALSE(stack->is_exact);
  EXPECT_EQ(stack->objects.size(), 4U);
  EXPECT_EQ(stack->guarded, 2U);
  // A top beyond what the frame has room for is none.
  for (const std::int32_t depth : {5, 1000, -3}) {
    const auto wrong = locals.ReadStack(WithDepth(depth));
    ASSERT_TRUE(wrong);
    EXPECT_FALSE(wrong->is_exact) << depth;
    EXPECT_EQ(wrong->objects.size(), 4U) << depth;
  }
}

TEST_P(DataStackFrames, OutsideATryNothingIsGuarded) {
  RawFrame frame = Put({}, kFunction, 0);
  frame.byte_offset = 18;
  const FrameLocals locals(objects_.memory(), layout_);
  EXPECT_EQ(locals.ReadStack(frame)->guarded, 0U);
  frame.byte_offset = -2;
  EXPECT_EQ(locals.ReadStack(frame)->guarded, 0U);
}

TEST_P(Frames, CodeThatLies) {
  RawFrame frame = Put({{"x", 'l', Address(0x1000)}}, kFunction, 0);
  const FrameLocals locals(objects_.memory(), layout_);
  const auto& c = layout_.code_object;
  Bytes code(512);
  code_.address = objects_.Put(code);  // without names
  EXPECT_FALSE(locals.Read(frame));
  const Address huge = objects_.Put(objects_.TupleBytes({}, std::uint64_t{1} << 60U));
  code.Set(is_old() ? c.varnames : c.localsplusnames, huge).Set(c.stacksize, std::int32_t{-5});
  if (!is_old()) code.Set(c.nlocalsplus, std::int32_t{0x7FFFFFFF});
  code_.address = objects_.Put(code);
  EXPECT_FALSE(locals.Read(frame));
  const auto stack = locals.ReadStack(frame);
  EXPECT_TRUE(!stack || stack->objects.empty());
  code_.address = Address(0x10);
  EXPECT_FALSE(locals.Read(frame));
  EXPECT_FALSE(locals.ReadStack(frame));
  frame.code = nullptr;
  EXPECT_FALSE(locals.Read(frame));
  EXPECT_FALSE(locals.ReadStack(frame));
}

INSTANTIATE_TEST_SUITE_P(Versions, DataStackFrames, testing::ValuesIn(Versions([](const Layout& l) {
                           return l.frame_chain != FrameChain::kFrameObjects;
                         })),
                         VersionName);
INSTANTIATE_TEST_SUITE_P(Versions, TaggedFrames, testing::ValuesIn(Versions([](const Layout& l) {
                           return l.reference_tags != 0;
                         })),
                         VersionName);
INSTANTIATE_TEST_SUITE_P(Versions, Frames, testing::ValuesIn(AllVersions()), VersionName);

}  // namespace
}  // namespace osprey
