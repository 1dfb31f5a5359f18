#include "osprey/python/frame_object_walker.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>

#include "python/bytes.h"
#include "python/changing_memory.h"

namespace osprey {
namespace {

constexpr Address kInterpreter(0x100000);
constexpr Address kThread(0x200000);
constexpr Address kFrames(0x10000000);
constexpr Address kType(0x400000);
constexpr Address kCode(0x500000);
constexpr Address kGenerator(0x510000);

class FrameObjects : public testing::TestWithParam<Version> {
 protected:
  FrameObjects() { ForgetMemory(); }

  // Memory holds what was put there first: before another walk all is put anew.
  void ForgetMemory() {
    memory_.Clear();
    PutType(memory_, layout_, kType, "code");
    PutCode(kCode, 0);
    PutCode(kGenerator, 0x20);  // CO_GENERATOR
    PutString(memory_, layout_, kCode + 0x800, "file.py");
    PutString(memory_, layout_, kCode + 0x900, "name");
    PutBytes(memory_, layout_, kCode + 0xA00, 0);
    PutBytes(memory_, layout_, kCode + 0xB00, 100);
  }

  void PutCode(Address address, std::int32_t flags) {
    const auto& c = layout_.code_object;
    memory_.Put(address, Bytes(c.size)
                             .Set(layout_.pyobject.ob_type, kType)
                             .Set(c.filename, kCode + 0x800)
                             .Set(c.name, kCode + 0x900)
                             .Set(c.linetable, kCode + 0xA00)
                             .Set(c.code_adaptive, kCode + 0xB00)
                             .Set(c.flags, flags)
                             .get());
  }

  static Address FrameAt(std::uint64_t i) { return kFrames + i * 0x10000; }

  enum Stage { kCreated, kExecutes, kReturned, kCleared };

  void PutFrame(std::uint64_t i, Address previous, Stage stage, Address code = kCode) {
    const auto& f = layout_.interpreter_frame;
    Bytes bytes(f.size);
    bytes.Set(f.previous, previous)
        .Set(f.executable, code)
        .Set(f.instr_ptr, std::int32_t{stage == kCreated ? -1 : 4});
    if (f.ob_refcnt != kAbsent) bytes.Set(f.ob_refcnt, std::int64_t{stage != kCleared});
    if (f.f_stacktop != kAbsent) {
      bytes.Set(f.f_stacktop, stage == kCreated ? FrameAt(i) : Address{});
      if (f.executing != kAbsent) bytes.Set(f.executing, std::int8_t{stage == kExecutes});
    } else {
      constexpr std::array<std::int8_t, 4> kStates = {-2, 0, 1, 4};  // enum _framestate
      bytes.Set(f.executing, kStates.at(stage));
    }
    memory_.Put(FrameAt(i), bytes.get());
  }

  void PutThread(Address top) {
    const auto& t = layout_.thread_state;
    memory_.Put(kThread, Bytes(256).Set(t.interp, kInterpreter).Set(t.current_frame, top).get());
  }

  WalkEnd Walk(Address top) {
    PutThread(top);
    return walker_.Walk(memory_, frames_);
  }

  // Two stacks, of which all frames look as if they ran: one is 0 and 1, the other 5, 6 and 7.
  // Frame 8 has returned.
  void PutGreenlets() {
    PutGreenlet();
    PutFrame(0, Address(), kExecutes);
    PutFrame(1, FrameAt(0), kExecutes);
  }
  // The second of them alone.
  void PutGreenlet() {
    ForgetMemory();
    PutFrame(5, Address(), kExecutes);
    PutFrame(6, FrameAt(5), kExecutes);
    PutFrame(7, FrameAt(6), kExecutes);
    PutFrame(8, FrameAt(6), kCleared);
  }

  const Layout& layout_ = *FindLayout(GetParam());
  SnapshotMemory memory_;
  StackTable stacks_;
  CodeCache codes_{memory_, layout_, stacks_};
  FrameObjectWalker walker_{layout_, codes_, kInterpreter, kThread};
  std::vector<RawFrame> frames_;
};

class FrameObjectsWithState : public FrameObjects {};  // f_state

TEST_P(FrameObjects, WalksFromRootToLeaf) {
  PutFrame(0, Address(), kExecutes);
  PutFrame(1, FrameAt(0), kExecutes);
  PutFrame(2, FrameAt(1), kExecutes);
  ASSERT_EQ(Walk(FrameAt(2)), WalkEnd::kComplete);
  ASSERT_EQ(frames_.size(), 3U);
  EXPECT_EQ(frames_[0].frame, FrameAt(0));
  EXPECT_EQ(frames_[2].frame, FrameAt(2));
  EXPECT_EQ(frames_[2].byte_offset, 4 * layout_.instruction_scale);
}

TEST_P(FrameObjects, WalksDeepStacks) {
  constexpr std::uint64_t kDepth = 400;
  for (std::uint64_t i = 0; i < kDepth; ++i)
    PutFrame(i, i == 0 ? Address() : FrameAt(i - 1), kExecutes);
  ASSERT_EQ(Walk(FrameAt(kDepth - 1)), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), kDepth);
}

TEST_P(FrameObjects, GreenletsThatWaitAreNotOnTheStackThoughTheyLookAsIfTheyRan) {
  for (int round = 0; round < 3; ++round) {
    PutGreenlets();
    ASSERT_EQ(Walk(FrameAt(1)), WalkEnd::kComplete);
    ASSERT_EQ(frames_.size(), 2U);
    EXPECT_EQ(frames_[1].frame, FrameAt(1));
    PutGreenlets();
    ASSERT_EQ(Walk(FrameAt(7)), WalkEnd::kComplete);
    ASSERT_EQ(frames_.size(), 3U);
    EXPECT_EQ(frames_[0].frame, FrameAt(5));
    EXPECT_EQ(frames_[2].frame, FrameAt(7));
  }
  // What was called since the top pointer was read is on the stack, whoever waits.
  PutGreenlets();
  ASSERT_EQ(Walk(FrameAt(6)), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 3U);
}

TEST_P(FrameObjects, ATopFrameThatIsGoneDoesNotTellWhichGreenletRuns) {
  PutGreenlet();
  ASSERT_EQ(Walk(FrameAt(7)), WalkEnd::kComplete);
  // Where none waits there is only one stack that it can have stood on.
  PutGreenlet();
  ASSERT_EQ(Walk(FrameAt(8)), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 3U);
  PutGreenlets();
  ASSERT_EQ(Walk(FrameAt(1)), WalkEnd::kComplete);
  PutGreenlets();
  EXPECT_EQ(Walk(FrameAt(8)), WalkEnd::kRejected);
}

TEST_P(FrameObjects, AGeneratorThatIsBeingResumedDoesNotStandBelowAllOthers) {
  const auto put = [&](Address caller_of_generator) {
    ForgetMemory();
    PutFrame(0, Address(), kExecutes);
    PutFrame(1, FrameAt(0), kExecutes);
    PutFrame(2, caller_of_generator, kExecutes, kGenerator);
    PutFrame(3, FrameAt(2), kExecutes);
    PutThread(FrameAt(3));
  };
  put(FrameAt(1));
  ASSERT_EQ(walker_.Walk(memory_, frames_), WalkEnd::kComplete);
  ASSERT_EQ(frames_.size(), 4U);
  // Its header was copied before it had a link, several times in a row.
  put(Address());
  int copies = 0;
  const ChangingMemory changing(memory_, [&] {
    if (++copies == 5) put(FrameAt(1));
  });
  ASSERT_EQ(walker_.Walk(changing, frames_), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 4U);
  // One that a greenlet runs goes on looking so.
  put(Address());
  ASSERT_EQ(walker_.Walk(memory_, frames_), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 2U);
}

TEST_P(FrameObjects, ATraceFunctionIsCalledBeforeTheFrameExecutes) {
  for (const std::uint64_t top : {3U, 4U}) {
    ForgetMemory();
    PutFrame(0, Address(), kExecutes);
    PutFrame(1, FrameAt(0), kExecutes);
    PutFrame(2, FrameAt(1), kCreated);
    PutFrame(3, FrameAt(2), kExecutes);
    PutFrame(4, FrameAt(3), kCleared);  // has returned to the trace function
    ASSERT_EQ(Walk(FrameAt(top)), WalkEnd::kComplete);
    ASSERT_EQ(frames_.size(), 4U);
    EXPECT_EQ(frames_[2].frame, FrameAt(2));
    EXPECT_LT(frames_[2].byte_offset, 0);
  }
  // One that was only made is not on the stack.
  ForgetMemory();
  PutFrame(0, Address(), kExecutes);
  PutFrame(1, FrameAt(0), kExecutes);
  PutFrame(2, FrameAt(1), kCreated);
  PutFrame(3, FrameAt(2), kCleared);
  PutFrame(4, FrameAt(3), kCleared);
  ASSERT_EQ(Walk(FrameAt(1)), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 2U);
}

TEST_P(FrameObjectsWithState, ATraceFunctionIsCalledAfterTheFrameHasReturned) {
  PutFrame(0, Address(), kExecutes);
  PutFrame(1, FrameAt(0), kReturned);
  PutFrame(2, FrameAt(1), kExecutes);
  ASSERT_EQ(Walk(FrameAt(2)), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 3U);
}

TEST_P(FrameObjects, ALoopIsSeenThatCallsAnotherFunctionBeforeTheLastOneIsKnown) {
  std::uint64_t top = 1;
  const auto put = [&] {
    ForgetMemory();
    for (std::uint64_t i = 2; i < 40; ++i) PutFrame(i, FrameAt(1), i == top ? kExecutes : kCleared);
    PutFrame(0, Address(), kExecutes);
    PutFrame(1, FrameAt(0), kExecutes);
    PutThread(FrameAt(top));
  };
  put();
  ASSERT_EQ(walker_.Walk(memory_, frames_), WalkEnd::kComplete);
  top = 2;
  put();
  const ChangingMemory changing(memory_, [&] {
    ++top;
    put();
  });
  ASSERT_EQ(walker_.Walk(changing, frames_), WalkEnd::kComplete);
  ASSERT_EQ(frames_.size(), 3U);
  EXPECT_EQ(frames_[1].frame, FrameAt(1));
  EXPECT_EQ(frames_[2].frame, FrameAt(3));
}

TEST_P(FrameObjects, ANewFrameDoesNotStandOnAnotherCallInItsCallersPlace) {
  const auto put = [&](std::uint64_t caller_of_2, std::uint64_t top) {
    ForgetMemory();
    PutFrame(0, Address(), kExecutes);
    PutFrame(1, FrameAt(0), kExecutes);
    PutFrame(2, FrameAt(caller_of_2), kExecutes);
    PutFrame(3, FrameAt(2), kExecutes);
    PutThread(FrameAt(top));
  };
  put(0, 2);
  ASSERT_EQ(walker_.Walk(memory_, frames_), WalkEnd::kComplete);
  ASSERT_EQ(frames_.size(), 2U);
  put(0, 3);
  const ChangingMemory changing(memory_, [&] { put(1, 3); });
  ASSERT_EQ(walker_.Walk(changing, frames_), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 4U);
}

TEST_P(FrameObjects, CirclesAndDeadEndsEnd) {
  PutFrame(0, FrameAt(2), kExecutes);
  PutFrame(1, FrameAt(0), kExecutes);
  PutFrame(2, FrameAt(1), kExecutes);
  EXPECT_NE(Walk(FrameAt(2)), WalkEnd::kComplete);
  PutFrame(5, Address(0x987654), kExecutes);
  EXPECT_NE(Walk(FrameAt(5)), WalkEnd::kComplete);
  PutFrame(7, Address(), kCleared);
  EXPECT_NE(Walk(FrameAt(7)), WalkEnd::kComplete);
}

TEST_P(FrameObjects, NoFramesAndNoThread) {
  EXPECT_EQ(Walk(Address()), WalkEnd::kNoFrames);
  FrameObjectWalker gone(layout_, codes_, kInterpreter, Address(0x900000));
  EXPECT_EQ(gone.Walk(memory_, frames_), WalkEnd::kGone);
}

INSTANTIATE_TEST_SUITE_P(Versions, FrameObjects, testing::ValuesIn(Versions([](const Layout& l) {
                           return l.frame_chain == FrameChain::kFrameObjects;
                         })),
                         VersionName);
INSTANTIATE_TEST_SUITE_P(Versions, FrameObjectsWithState,
                         testing::ValuesIn(Versions([](const Layout& l) {
                           return l.frame_chain == FrameChain::kFrameObjects &&
                                  l.interpreter_frame.f_stacktop == kAbsent;
                         })),
                         VersionName);

}  // namespace
}  // namespace osprey
