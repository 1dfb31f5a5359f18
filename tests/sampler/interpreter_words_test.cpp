#include "sampler/interpreter_words.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "python/bytes.h"

namespace osprey {
namespace {

constexpr Address kBase(0x100000);
constexpr std::size_t kSize = 0x40000;
constexpr Address kInterpreter = kBase + 0x10000;
constexpr Address kThread(0x900000);

// One interpreter in flat memory, as a version has it.
class Words : public testing::TestWithParam<Version>, public Memory {
 protected:
  Words() : bytes_(kSize) {
    const auto& l = runtime_.layout;
    Set(kBase + l.runtime_state.interpreters_head, kInterpreter);
    Set(kInterpreter + l.interpreter_state.threads_head, kThread);
    const bool in_runtime = l.interpreter_state.ceval_gil == kAbsent;
    const Address gil = kInterpreter + 0x4000;
    if (!in_runtime) Set(kInterpreter + l.interpreter_state.ceval_gil, gil);
    interpreter_.state = kInterpreter;
    interpreter_.first_thread = kThread;
    interpreter_.gil_last_holder =
        in_runtime ? kBase + l.runtime_state.gil_last_holder : gil + l.gil.last_holder;
    interpreter_.gil_locked = in_runtime ? kBase + l.runtime_state.gil_locked : gil + l.gil.locked;
    const Offset count = in_runtime ? l.runtime_state.gil_switch_number : l.gil.switch_number;
    if (count != kAbsent) interpreter_.gil_switch_number = (in_runtime ? kBase : gil) + count;
    collecting_ = l.runtime_state.gc_collecting != kAbsent
                      ? kBase + l.runtime_state.gc_collecting
                      : kInterpreter + l.interpreter_state.gc_collecting;
  }

  template <typename T>
  void Set(Address at, const T& value) {
    std::memcpy(bytes_.data() + (at - kBase), &value, sizeof value);
  }
  bool CountsSwitches() const { return !interpreter_.gil_switch_number.IsNull(); }
  void SetGil(Address holder, std::int32_t locked, std::uint64_t switches) {
    Set(interpreter_.gil_last_holder, holder);
    Set(interpreter_.gil_locked, locked);
    if (CountsSwitches()) Set(interpreter_.gil_switch_number, switches);
  }

  Result<void> Read(Address from, std::span<std::byte> to) const override {
    if (is_gone_ || from - kBase > kSize || to.size() > kSize - (from - kBase)) {
      return Error{ErrorCode::kUnreadable, 0, from, "outside"};
    }
    std::memcpy(to.data(), bytes_.data() + (from - kBase), to.size());
    return {};
  }
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    std::size_t arrived = 0;
    for (const MemoryRange& range : ranges) {
      if (auto read = Read(range.address, to.subspan(arrived, range.size)); !read) {
        if (arrived == 0) return read.error();
        break;
      }
      arrived += range.size;
    }
    return arrived;
  }

  std::vector<std::byte> bytes_;
  Runtime runtime_{kBase, GetParam(), *FindLayout(GetParam()), "python", "symbol", {}};
  Interpreter interpreter_;
  Address collecting_;
  bool is_gone_ = false;
};

TEST_P(Words, BeforeInterpretersAreKnownThereMayBeNewOnes) {
  InterpreterWords words(runtime_);
  EXPECT_TRUE(words.Look(*this));
  EXPECT_EQ(words.Find(kInterpreter), nullptr);
}

TEST_P(Words, TellWhoHoldsTheGil) {
  InterpreterWords words(runtime_);
  words.Watch({interpreter_});
  SetGil(kThread, 1, 5);
  EXPECT_FALSE(words.Look(*this));
  ASSERT_NE(words.Find(kInterpreter), nullptr);
  EXPECT_TRUE(words.Find(kInterpreter)->gil.IsHeldBy(kThread));
  SetGil(kThread, 0, 5);
  EXPECT_FALSE(words.Look(*this));
  EXPECT_FALSE(words.Find(kInterpreter)->gil.IsHeldBy(kThread));
  EXPECT_EQ(words.Find(kInterpreter)->gil.IsUnsureAt(words.look()), !CountsSwitches());
  SetGil(kThread, 1, 8);
  words.Look(*this);
  EXPECT_TRUE(words.Find(kInterpreter)->gil.IsUnsureAt(words.look()));
}

TEST_P(Words, AnotherListOfTheSameInterpretersForgetsNothing) {
  InterpreterWords words(runtime_);
  words.Watch({interpreter_});
  SetGil(kThread, 1, 5);
  words.Look(*this);
  words.Watch({interpreter_});
  words.Look(*this);
  EXPECT_EQ(words.Find(kInterpreter)->gil.IsUnsureAt(words.look()), !CountsSwitches());
}

TEST_P(Words, WithSeveralInterpretersNothingIsSure) {
  Interpreter other = interpreter_;
  other.state = kInterpreter + 0x10000;
  InterpreterWords words(runtime_);
  words.Watch({interpreter_, other});
  words.Look(*this);
  words.Look(*this);
  EXPECT_TRUE(words.Find(kInterpreter)->gil.IsUnsureAt(words.look()));
}

TEST_P(Words, TellTheCurrentThreadWhereInterpretersAreSwappedUnderOneGil) {
  const Offset current = runtime_.layout.runtime_state.gilstate_current;
  if (current != kAbsent) Set(kBase + current, kThread + 0x1000);
  Interpreter other = interpreter_;
  other.state = kInterpreter + 0x10000;
  InterpreterWords words(runtime_);
  words.Watch({interpreter_, other});
  SetGil(kThread, 1, 5);
  words.Look(*this);
  const Address holder = current != kAbsent ? kThread + 0x1000 : kThread;
  EXPECT_TRUE(words.Find(kInterpreter)->gil.IsHeldBy(holder));
  EXPECT_EQ(words.Find(kInterpreter)->gil.last_holder(), kThread);
}

TEST_P(Words, TellOfNewThreadsAndInterpreters) {
  InterpreterWords words(runtime_);
  words.Watch({interpreter_});
  EXPECT_FALSE(words.Look(*this));
  Set(kInterpreter + runtime_.layout.interpreter_state.threads_head, kThread + 0x1000);
  EXPECT_TRUE(words.Look(*this));
  Set(kInterpreter + runtime_.layout.interpreter_state.threads_head, kThread);
  Set(kBase + runtime_.layout.runtime_state.interpreters_head, kInterpreter + 0x1000);
  EXPECT_TRUE(words.Look(*this));
}

TEST_P(Words, TellWhenGarbageIsCollected) {
  InterpreterWords words(runtime_);
  words.Watch({interpreter_});
  words.Look(*this);
  EXPECT_FALSE(words.Find(kInterpreter)->collects);
  Set(collecting_, std::int32_t{1});
  words.Look(*this);
  EXPECT_TRUE(words.Find(kInterpreter)->collects);
}

TEST_P(Words, TellUnderWhichFrameTheCollectionBegan) {
  Layout layout = runtime_.layout;
  layout.interpreter_state.gc_frame = 0x500;
  const Runtime runtime{kBase, runtime_.version, layout, "python", "symbol", {}};
  InterpreterWords words(runtime);
  words.Watch({interpreter_});
  Set(kInterpreter + 0x500, Address(0x1234));
  words.Look(*this);
  EXPECT_EQ(words.Find(kInterpreter)->collection_frame, Address(0x1234));
}

TEST_P(Words, ThatCannotBeReadTellNothing) {
  InterpreterWords words(runtime_);
  words.Watch({interpreter_});
  SetGil(kThread, 1, 5);
  words.Look(*this);
  is_gone_ = true;
  EXPECT_TRUE(words.Look(*this));
  EXPECT_FALSE(words.Find(kInterpreter)->gil.IsHeldBy(kThread));
}

INSTANTIATE_TEST_SUITE_P(Versions, Words, testing::ValuesIn(Versions([](const Layout& l) {
                           return l.runtime_state.gil_switch_number != kAbsent ||
                                  l.gil.locked != kAbsent;
                         })),
                         VersionName);

}  // namespace
}  // namespace osprey
