#include "osprey/python/data_stack_walker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "python/changing_memory.h"
#include "python/data_stack_memory.h"

namespace osprey {
namespace {

class DataStack : public testing::TestWithParam<Version>, protected DataStackMemory {
 protected:
  DataStack() : DataStackMemory(GetParam()) {}

  WalkEnd Walk(Address top, std::uint64_t used_frames) {
    PutThread(top, used_frames);
    DataStackWalker walker(layout_, codes_, kInterpreter, kThread);
    return walker.Walk(memory_, frames_);
  }

  StackTable stacks_;
  CodeCache codes_{memory_, layout_, stacks_};
  std::vector<RawFrame> frames_;
};

class DataStackWithPointers : public DataStack {};    // `stackpointer` in place of `stacktop`
class DataStackWithGeneration : public DataStack {};  // freed code objects are counted
class DataStackWithBaseFrame : public DataStack {};   // below all others
class DataStackWithMarks : public DataStack {};       // `stacktop` is 0 in frames that are gone

// Every thread may run a copy of its own of the bytecode.
class DataStackWithCopies : public DataStack {
 protected:
  static constexpr Address kCopy = Address(0xA00000);

  // Lists the copies of all code objects' bytecode.
  void PutCopies(const std::vector<Address>& copies) {
    Bytes array(8 + 8 * copies.size());
    array.Set(0, std::uint64_t{copies.size()});
    for (std::size_t i = 0; i < copies.size(); ++i) {
      array.Set(static_cast<Offset>(8 + 8 * i), copies[i]);
    }
    memory_.Put(kCopies, array.get());
  }
  // The first frame, which executes at `instruction` of copy number `index`.
  void SetFrameInCopy(std::int32_t index, Address instruction) {
    SetFrame(0, CodeAt(0), Address(), -1);
    const auto base = static_cast<Offset>(FrameAt(0) - kChunk);
    chunk_.Set(base + layout_.interpreter_frame.tlbc_index, index)
        .Set(base + layout_.interpreter_frame.instr_ptr, instruction);
  }
};

TEST_P(DataStack, WalksFromRootToLeaf) {
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), 3);
  SetFrame(2, CodeAt(2), FrameAt(1), -1);
  ASSERT_EQ(Walk(FrameAt(2), 3), WalkEnd::kComplete);
  ASSERT_EQ(frames_.size(), 3U);
  EXPECT_EQ(frames_[0].code->address, CodeAt(0));
  EXPECT_EQ(frames_[2].code->address, CodeAt(2));
  EXPECT_EQ(frames_[2].byte_offset, 2);
}

TEST_P(DataStack, WhatHasReturnedIsNotOnTheStackThoughTheTopPointerStillSaysSo) {
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), -1);  // runs itself: it calls nothing now
  SetFrame(2, CodeAt(2), FrameAt(1), 3);   // left over
  ASSERT_EQ(Walk(FrameAt(2), 3), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 2U);
}

TEST_P(DataStack, WhatReturnsHasCalledNobodyThoughThereIsWasteAboveIt) {
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), 3, kReturn);
  SetFrame(2, CodeAt(2), FrameAt(1), 3);  // left over from another call at the same place
  ASSERT_EQ(Walk(FrameAt(1), 2), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 2U);
}

TEST_P(DataStack, WhatResumesAGeneratorHasCalledNothingOnTheDataStack) {
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), 3, kResume);  // at FOR_ITER, which asks something in C
  SetFrame(2, CodeAt(2), FrameAt(1), -1);          // left over from the loop's body
  ASSERT_EQ(Walk(FrameAt(1), 2), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 2U);
  // A generator is what it can have called.
  ForgetMemory();
  PutGenerator(CodeAt(2), FrameAt(1));
  ASSERT_EQ(Walk(kGenerator, 2), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 3U);
}

TEST_P(DataStack, TheFrameThatCleansUpAfterInitIsHiddenAndItsCalleeIsNot) {
  constexpr std::int32_t kNever = 1000;
  memory_.Clear();
  PutType(memory_, layout_, kType, "code");
  for (std::uint64_t i = 0; i < 3; ++i) PutCode(i, i == 1 ? kNever : 0);
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), 3, 0);  // calls from its first instruction
  SetFrame(2, CodeAt(2), FrameAt(1), -1);
  ASSERT_EQ(Walk(FrameAt(2), 3), WalkEnd::kComplete);
  ASSERT_EQ(frames_.size(), 2U);
  EXPECT_EQ(frames_[1].code->address, CodeAt(2));
}

TEST_P(DataStack, WhatWasOnlyPushedIsNotOnTheStackYet) {
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), 3, 0);
  SetFrame(2, CodeAt(2), FrameAt(1), -1);  // left over
  // From 3.14 on, one that the top pointer names is linked; before, the pointer may be older.
  const bool may_be_top = layout_.interpreter_frame.stackpointer == kAbsent;
  ASSERT_EQ(Walk(FrameAt(may_be_top ? 1 : 0), 2), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 1U);
}

TEST_P(DataStackWithPointers, TheTopFrameMayBeInCFromItsFirstInstruction) {
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), 3, 0);
  ASSERT_EQ(Walk(FrameAt(1), 2), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 2U);
}

TEST_P(DataStackWithPointers, WhatIsPushedInThePlaceOfTheTopFrameOfBeforeIsNotOnTheStackYet) {
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), 3, 0);  // the top pointer means another call in this place
  PutThread(FrameAt(1), 2);
  const ChangingMemory memory(memory_, [this] {
    ForgetMemory();
    PutThread(FrameAt(0), 1);  // which has returned by now
  });
  DataStackWalker walker(layout_, codes_, kInterpreter, kThread);
  ASSERT_EQ(walker.Walk(memory_, frames_), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 2U);
  ASSERT_EQ(walker.Walk(memory, frames_), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 1U);
}

TEST_P(DataStack, AFrameMayCallThroughCFromItsFirstInstruction) {
  const Address shim(0x700000);
  const auto& f = layout_.interpreter_frame;
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), 3, 0);  // at RESUME, which calls a trace function, say
  SetFrame(2, CodeAt(2), shim, -1);
  memory_.Put(shim, Bytes(80).Set(f.previous, FrameAt(1)).Set(f.owner, std::int8_t{3}).get());
  ASSERT_EQ(Walk(FrameAt(2), 3), WalkEnd::kComplete);
  ASSERT_EQ(frames_.size(), 3U);
  EXPECT_EQ(frames_[1].frame, FrameAt(1));
  // Pushed again since: it has called nobody, and is not linked yet.
  ForgetMemory();
  SetFrame(2, CodeAt(2), FrameAt(1), -1);  // left over
  ASSERT_EQ(Walk(FrameAt(2), 3), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 1U);
}

TEST_P(DataStackWithPointers, WhatIsMarkedAsGoneIsNotOnTheStack) {
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, Address(), FrameAt(0), 3);
  ASSERT_EQ(Walk(FrameAt(1), 2), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 1U);
}

TEST_P(DataStackWithMarks, WhatHasLetGoOfItsLocalsIsNotOnTheStack) {
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), 0);
  ASSERT_EQ(Walk(FrameAt(1), 2), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 1U);
}

TEST_P(DataStackWithMarks, WhatHasLetGoOfItsLocalsHasCalledNobody) {
  const Address shim(0x700000);
  const auto& f = layout_.interpreter_frame;
  // Its instruction was copied a moment before its stack top.
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), shim, 0);
  SetFrame(2, CodeAt(2), FrameAt(1), 3);  // left over from another call at the same place
  memory_.Put(shim, Bytes(80).Set(f.previous, FrameAt(0)).Set(f.owner, std::int8_t{3}).get());
  ASSERT_EQ(Walk(FrameAt(1), 2), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 2U);
}

TEST_P(DataStackWithMarks, WhatIsGoneCannotHaveBeenCalledByOneThatLooksAsIfItCalls) {
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), kLocals);  // by the instruction, copied a moment before
  SetFrame(2, CodeAt(2), FrameAt(1), 0);        // left over
  ASSERT_EQ(Walk(FrameAt(1), 2), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 2U);
}

TEST_P(DataStackWithMarks, WhatLooksGoneUnderTheTopFrameMayGoByTheCodeOfBeforeInThatPlace) {
  CodeObject* before = codes_.Get(CodeAt(1));
  ASSERT_NE(before, nullptr);
  before->nlocalsplus = kLocals + 5;
  before->fingerprint.first_line = 77;
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), 3);
  SetFrame(2, CodeAt(2), FrameAt(1), -1);
  ASSERT_EQ(Walk(FrameAt(2), 3), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 3U);
}

TEST_P(DataStackWithGeneration, ItIsCopiedBeforeTheFrames) {
  SetFrame(0, CodeAt(0), Address(), -1);
  PutThread(FrameAt(0), 1);
  DataStackWalker walker(layout_, codes_, kInterpreter, kThread);
  ASSERT_EQ(walker.Walk(memory_, frames_), WalkEnd::kComplete);
  EXPECT_EQ(walker.code_object_generation(), generation_);
}

TEST_P(DataStackWithGeneration, WithoutItTheStackIsFoundAllTheSame) {
  SetFrame(0, CodeAt(0), Address(), -1);
  generation_.reset();
  PutThread(FrameAt(0), 1);
  DataStackWalker walker(layout_, codes_, kInterpreter, kThread);
  ASSERT_EQ(walker.Walk(memory_, frames_), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 1U);
  EXPECT_FALSE(walker.code_object_generation().has_value());
}

TEST_P(DataStackWithBaseFrame, ThatFrameIsNobodys) {
  EXPECT_EQ(Walk(kBaseFrame, 0), WalkEnd::kNoFrames);
}

TEST_P(DataStackWithBaseFrame, ACallFromCAloneStandsOnThatFrame) {
  const Address shim(0x700000);
  const auto& f = layout_.interpreter_frame;
  memory_.Put(shim, Bytes(80).Set(f.previous, kBaseFrame).Set(f.owner, std::int8_t{3}).get());
  EXPECT_EQ(Walk(shim, 0), WalkEnd::kNoFrames);
}

TEST_P(DataStack, WhatWasCalledMeanwhileIs) {
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), -1);
  ASSERT_EQ(Walk(FrameAt(0), 3), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 2U);
}

TEST_P(DataStack, FramesCalledFromCHangOnTheirShim) {
  const Address shim(0x700000);
  const auto& f = layout_.interpreter_frame;
  SetFrame(0, CodeAt(0), Address(), -1);
  SetFrame(1, CodeAt(1), shim, -1);
  memory_.Put(shim, Bytes(80).Set(f.previous, FrameAt(0)).Set(f.owner, std::int8_t{3}).get());
  ASSERT_EQ(Walk(FrameAt(1), 2), WalkEnd::kComplete);
  ASSERT_EQ(frames_.size(), 2U);
  EXPECT_TRUE(frames_[1].starts_evaluation);
  EXPECT_EQ(frames_[1].entry, shim);
}

TEST_P(DataStack, WhatStartsAnEvaluationIsTheFirstThatIsShownOfIt) {
  const Address shims[] = {Address(0x700000), Address(0x710000)};
  const auto& f = layout_.interpreter_frame;
  SetFrame(0, CodeAt(0), shims[0], 3);
  SetFrame(1, CodeAt(1), FrameAt(0), -1);
  SetFrame(2, CodeAt(2), shims[1], -1);
  memory_.Put(shims[1], Bytes(80).Set(f.previous, FrameAt(1)).Set(f.owner, std::int8_t{3}).get());
  ASSERT_EQ(Walk(FrameAt(2), 3), WalkEnd::kComplete);
  ASSERT_EQ(frames_.size(), 3U);
  const std::vector<Address> entries = {frames_[0].entry, frames_[1].entry, frames_[2].entry};
  EXPECT_EQ(entries, (std::vector<Address>{shims[0], {}, shims[1]}));
  EXPECT_TRUE(frames_[0].starts_evaluation);
  EXPECT_FALSE(frames_[1].starts_evaluation);
}

TEST_P(DataStack, AGeneratorRunsAboveItsCallerWhateverLiesThere) {
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), 3);  // left over: a call that raised
  PutGenerator(CodeAt(2), FrameAt(0));
  ASSERT_EQ(Walk(kGenerator, 1), WalkEnd::kComplete);
  ASSERT_EQ(frames_.size(), 2U);
  EXPECT_EQ(frames_[1].frame, kGenerator);
}

TEST_P(DataStack, AGeneratorThatHasNotRunYetHasCalledNobody) {
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), kGenerator, -1);
  PutGenerator(CodeAt(2), FrameAt(0), true);
  ASSERT_EQ(Walk(FrameAt(1), 2), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 3U);
  // As RETURN_GENERATOR leaves it: the link still leads to the frame that made it.
  ForgetMemory();
  PutGenerator(CodeAt(2), FrameAt(0), true, 0);
  EXPECT_NE(Walk(FrameAt(1), 2), WalkEnd::kComplete);
}

TEST_P(DataStack, AGeneratorIsTheLeafWhereItsCalleeHasNotBegunAndNothingMoves) {
  DataStackWalker walker(layout_, codes_, kInterpreter, kThread);
  const auto walk = [&](Address called_by) {
    PutGenerator(CodeAt(2), called_by, true);
    PutThread(FrameAt(1), 2);
    return walker.WalkStill(memory_, frames_);
  };
  SetFrame(0, CodeAt(0), Address(), 3);
  // Where a frame has a pointer to its stack's top, that says that its first instruction is in C.
  const bool is_in_c = layout_.interpreter_frame.stackpointer != kAbsent;
  SetFrame(1, CodeAt(1), kGenerator, 3, 0);
  ASSERT_EQ(walk(FrameAt(0)), WalkEnd::kComplete);
  ASSERT_EQ(frames_.size(), is_in_c ? 3U : 2U);
  EXPECT_EQ(frames_[0].frame, FrameAt(0));
  EXPECT_EQ(frames_[1].frame, kGenerator);
  // The generator leads to nobody.
  if (!is_in_c) {
    ForgetMemory();
    ASSERT_EQ(walk(Address()), WalkEnd::kComplete);
    EXPECT_EQ(frames_.size(), 1U);
  }
  // Its callee has begun.
  ForgetMemory();
  SetFrame(1, CodeAt(1), kGenerator, -1);
  ASSERT_EQ(walk(FrameAt(0)), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 3U);
}

TEST_P(DataStack, AGeneratorThatCannotHaveCalledMayGoByTheCodeOfBeforeInThatPlace) {
  CodeObject* before = codes_.Get(CodeAt(2));
  ASSERT_NE(before, nullptr);
  std::fill(before->places.begin(), before->places.end(), CodePlace::kLeaves);
  before->fingerprint.first_line = 77;
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), kGenerator, -1);
  PutGenerator(CodeAt(2), FrameAt(0), true);
  ASSERT_EQ(Walk(FrameAt(1), 2), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 3U);
}

TEST_P(DataStackWithCopies, AFrameStandsInTheCopyThatItsThreadRuns) {
  PutCopies({CodeAt(0) + layout_.code_object.code_adaptive, kCopy});
  SetFrameInCopy(1, kCopy + 6);
  ASSERT_EQ(Walk(FrameAt(0), 1), WalkEnd::kComplete);
  ASSERT_EQ(frames_.size(), 1U);
  EXPECT_EQ(frames_[0].byte_offset, 6);
}

TEST_P(DataStackWithCopies, ACopyThatWasMadeSinceIsFound) {
  PutCopies({CodeAt(0) + layout_.code_object.code_adaptive, Address(), Address()});
  SetFrameInCopy(0, CodeAt(0) + layout_.code_object.code_adaptive + 4);
  ASSERT_EQ(Walk(FrameAt(0), 1), WalkEnd::kComplete);
  EXPECT_EQ(frames_[0].byte_offset, 4);
  SetFrameInCopy(2, kCopy + 8);
  ForgetMemory();
  PutCopies({CodeAt(0) + layout_.code_object.code_adaptive, Address(), Address()});
  EXPECT_NE(Walk(FrameAt(0), 1), WalkEnd::kComplete);
  ForgetMemory();
  PutCopies({CodeAt(0) + layout_.code_object.code_adaptive, Address(), kCopy});
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_EQ(Walk(FrameAt(0), 1), WalkEnd::kComplete);
  EXPECT_EQ(frames_[0].byte_offset, 8);
}

TEST_P(DataStackWithCopies, WhatIsInNoCopyIsNoFrame) {
  PutCopies({CodeAt(0) + layout_.code_object.code_adaptive, kCopy});
  SetFrameInCopy(7, kCopy + 6);
  EXPECT_NE(Walk(FrameAt(0), 1), WalkEnd::kComplete);
  SetFrameInCopy(1, kCopy + 4096);
  ForgetMemory();
  PutCopies({CodeAt(0) + layout_.code_object.code_adaptive, kCopy});
  EXPECT_NE(Walk(FrameAt(0), 1), WalkEnd::kComplete);
}

TEST_P(DataStackWithCopies, AnImpossibleArrayOfCopiesIsNone) {
  memory_.Put(kCopies, Bytes(8).Set(0, ~std::uint64_t{0}).get());
  SetFrameInCopy(1, kCopy + 6);
  EXPECT_NE(Walk(FrameAt(0), 1), WalkEnd::kComplete);
}

TEST_P(DataStack, WhatHasBecomeAGeneratorIsNotOnTheStack) {
  memory_.Clear();
  PutType(memory_, layout_, kType, "code");
  for (std::uint64_t i = 0; i < 3; ++i) PutCode(i, i == 1 ? kReturn : 0);
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, CodeAt(1), FrameAt(0), 3, kReturn);  // before its first line: RETURN_GENERATOR
  PutGenerator(CodeAt(2), FrameAt(0));
  ASSERT_EQ(Walk(kGenerator, 1), WalkEnd::kComplete);
  ASSERT_EQ(frames_.size(), 2U);
  EXPECT_EQ(frames_[1].frame, kGenerator);
}

TEST_P(DataStack, AFrameBeyondItsCodeAsItWasReadHasOtherCodeInThatPlace) {
  SetFrame(0, CodeAt(0), Address(), -1);
  ASSERT_EQ(Walk(FrameAt(0), 1), WalkEnd::kComplete);
  memory_.Clear();
  PutType(memory_, layout_, kType, "code");
  PutCode(0, 0, 200);
  std::this_thread::sleep_for(std::chrono::milliseconds(1));  // code is trusted for 0.5 ms
  SetFrame(0, CodeAt(0), Address(), -1, 300);
  ASSERT_EQ(Walk(FrameAt(0), 1), WalkEnd::kComplete);
  EXPECT_EQ(frames_[0].byte_offset, 300);
  EXPECT_EQ(codes_.replaced(), 1U);
}

TEST_P(DataStack, TheCopyOfTheThreadHasAllThatIsReadOfItWhereverItsTableHasIt) {
  Layout layout = layout_;
  layout.thread_state.datastack_chunk = 16;
  layout.thread_state.datastack_top = 24;
  layout.thread_state.current_frame = 600;
  DataStackWalker walker(layout, codes_, kInterpreter, kThread);
  const SnapshotMemory& ranges = walker.Ranges();
  ASSERT_GE(ranges.size(), 1U);
  EXPECT_EQ(ranges.piece(0).address, kThread);
  EXPECT_GE(ranges.piece(0).size, 608U);
}

TEST_P(DataStack, NoFramesAndNoThread) {
  EXPECT_EQ(Walk(Address(), 0), WalkEnd::kNoFrames);
  DataStackWalker gone(layout_, codes_, kInterpreter, Address(0x900000));
  EXPECT_EQ(gone.Walk(memory_, frames_), WalkEnd::kGone);
}

TEST_P(DataStack, CirclesEnd) {
  const Address shim(0x700000);
  const auto& f = layout_.interpreter_frame;
  SetFrame(0, CodeAt(0), Address(), -1);
  memory_.Put(shim, Bytes(80).Set(f.previous, shim).Set(f.owner, std::int8_t{3}).get());
  EXPECT_NE(Walk(shim, 1), WalkEnd::kGone);
}

TEST_P(DataStack, GarbageEnds) {
  std::minstd_rand random(7);
  for (int round = 0; round < 300; ++round) {
    for (Offset i = 24; i + 8 <= 4096; i += 8) {
      const std::uint64_t value =
          random() % 3 == 0 ? CodeAt(random() % 3).value + random() % 256
                            : FrameAt(random() % 40).value + (random() % 2) * (random() % 64);
      chunk_.Set(i, value);
    }
    memory_.Clear();
    PutType(memory_, layout_, kType, "code");
    for (std::uint64_t i = 0; i < 3; ++i) PutCode(i);
    codes_.Clear();
    (void)Walk(FrameAt(random() % 40), random() % 36);
    EXPECT_LE(frames_.size(), 64U);
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, DataStack, testing::ValuesIn(Versions([](const Layout& l) {
                           return l.frame_chain == FrameChain::kCurrentFrame;
                         })),
                         VersionName);
INSTANTIATE_TEST_SUITE_P(Versions, DataStackWithCopies,
                         testing::ValuesIn(Versions([](const Layout& l) {
                           return l.code_object.tlbc != kAbsent;
                         })),
                         VersionName);
INSTANTIATE_TEST_SUITE_P(Versions, DataStackWithPointers,
                         testing::ValuesIn(Versions([](const Layout& l) {
                           return l.interpreter_frame.stackpointer != kAbsent;
                         })),
                         VersionName);
INSTANTIATE_TEST_SUITE_P(
    Versions, DataStackWithMarks,
    testing::ValuesIn(Versions([](const Layout& l) { return l.clears_stacktop; })), VersionName);
INSTANTIATE_TEST_SUITE_P(Versions, DataStackWithGeneration,
                         testing::ValuesIn(Versions([](const Layout& l) {
                           return l.interpreter_state.code_object_generation != kAbsent;
                         })),
                         VersionName);
INSTANTIATE_TEST_SUITE_P(Versions, DataStackWithBaseFrame,
                         testing::ValuesIn(Versions([](const Layout& l) {
                           return l.thread_state.base_frame != kAbsent;
                         })),
                         VersionName);

}  // namespace
}  // namespace osprey
