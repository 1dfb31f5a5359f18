#include "osprey/python/data_stack_walker.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "python/bytes.h"

namespace osprey {
namespace {

constexpr Address kInterpreter(0x100000);
constexpr Address kThread(0x200000);
constexpr Address kChunk(0x300000);
constexpr Address kType(0x400000);
constexpr Address kCodes(0x500000);  // one every 0x1000
constexpr std::uint32_t kFrameWords = 14;
constexpr std::uint32_t kReturn = 10;  // byte offset of RETURN_VALUE in all code
constexpr std::uint32_t kResume = 14;  // and of FOR_ITER
constexpr Address kGenerator(0x800000);
constexpr Address kBaseFrame(0x250000);
constexpr Address kCopies(0x900000);  // _PyCodeArray

// A thread of 3.13 or later whose chunk is made frame by frame.
class DataStack : public testing::TestWithParam<Version> {
 protected:
  DataStack() : chunk_(4096) {
    ForgetMemory();
    chunk_.Set(8, std::uint64_t{4096});
  }

  // Memory holds what was put there first: before another walk all is put anew.
  void ForgetMemory() {
    memory_.Clear();
    PutType(memory_, layout_, kType, "code");
    for (std::uint64_t i = 0; i < 3; ++i) PutCode(i);
  }

  void PutCode(std::uint64_t i, std::int32_t first_traceable = 0, std::uint64_t units = 20) {
    const Address code = CodeAt(i);
    const Address strings = code + 0x800;
    const auto& c = layout_.code_object;
    Bytes bytes(c.size + 2 * units + 24);
    bytes.Set(layout_.pyobject.ob_type, kType)
        .Set(layout_.pyobject.size, units)
        .Set(c.filename, strings)
        .Set(c.name, strings + 0x100)
        .Set(c.qualname, strings + 0x100)
        .Set(c.linetable, strings + 0x200)
        .Set(c.firstlineno, std::int32_t{1})
        .Set(c.framesize, kFrameWords)
        .Set(c.first_traceable, first_traceable)
        .Set(c.code_adaptive + kReturn, layout_.opcode.leaves[1])
        .Set(c.code_adaptive + kResume, layout_.opcode.resumes[0]);
    if (c.tlbc != kAbsent) bytes.Set(c.tlbc, kCopies);
    memory_.Put(code, bytes.get());
    PutString(memory_, layout_, strings, "file.py");
    PutString(memory_, layout_, strings + 0x100, std::string(1, static_cast<char>('a' + i)));
    PutBytes(memory_, layout_, strings + 0x200, 4);
  }

  static Address CodeAt(std::uint64_t i) { return kCodes + i * 0x1000; }
  static Address FrameAt(std::uint64_t i) { return kChunk + 32 + i * kFrameWords * 8; }

  // stacktop -1: executes; else it has called, or returns, where its instruction does.
  void SetFrame(std::uint64_t i, Address code, Address previous, std::int32_t stacktop,
                std::uint64_t byte_offset = 2) {
    const auto& f = layout_.interpreter_frame;
    const auto base = static_cast<Offset>(FrameAt(i) - kChunk);
    chunk_.Set(base + f.executable, code.value | (layout_.reference_tags & 1U))
        .Set(base + f.previous, previous)
        .Set(base + f.instr_ptr, code + layout_.code_object.code_adaptive + byte_offset)
        .Set(base + f.owner, std::int8_t{0});
    if (f.stackpointer == kAbsent) {
      chunk_.Set(base + f.stacktop, stacktop);
    } else {
      chunk_.Set(base + f.stackpointer, stacktop < 0 ? Address{} : FrameAt(i) + f.size);
    }
  }

  // The frame of a generator that is called by `previous`: it runs, or has a stack top.
  void PutGenerator(Address code, Address previous, bool has_stack_top = false,
                    std::uint64_t byte_offset = 2) {
    const auto& f = layout_.interpreter_frame;
    Bytes bytes(f.size);
    bytes.Set(f.executable, code)
        .Set(f.previous, previous)
        .Set(f.instr_ptr, code + layout_.code_object.code_adaptive + byte_offset)
        .Set(f.owner, std::int8_t{1});
    if (f.stackpointer == kAbsent) {
      bytes.Set(f.stacktop, std::int32_t{has_stack_top ? 3 : -1});
    } else {
      bytes.Set(f.stackpointer, has_stack_top ? kGenerator + f.size : Address{});
    }
    memory_.Put(kGenerator, bytes.get());
  }

  WalkEnd Walk(Address top, std::uint64_t used_frames) {
    const auto& t = layout_.thread_state;
    Bytes thread(512);
    thread.Set(t.interp, kInterpreter)
        .Set(t.current_frame, top)
        .Set(t.datastack_chunk, kChunk)
        .Set(t.datastack_top, FrameAt(used_frames));
    if (t.base_frame != kAbsent) thread.Set(t.base_frame, kBaseFrame);
    memory_.Put(kThread, thread.get());
    memory_.Put(kChunk, chunk_.get());
    DataStackWalker walker(layout_, codes_, kInterpreter, kThread);
    return walker.Walk(memory_, frames_);
  }

  const Layout& layout_ = *FindLayout(GetParam());
  SnapshotMemory memory_;
  StackTable stacks_;
  CodeCache codes_{memory_, layout_, stacks_};
  Bytes chunk_;
  std::vector<RawFrame> frames_;
};

class DataStackWithPointers : public DataStack {};   // `stackpointer` in place of `stacktop`
class DataStackWithBaseFrame : public DataStack {};  // below all others

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

TEST_P(DataStackWithPointers, WhatIsMarkedAsGoneIsNotOnTheStack) {
  SetFrame(0, CodeAt(0), Address(), 3);
  SetFrame(1, Address(), FrameAt(0), 3);
  ASSERT_EQ(Walk(FrameAt(1), 2), WalkEnd::kComplete);
  EXPECT_EQ(frames_.size(), 1U);
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
  EXPECT_EQ(frames_.size(), 2U);
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
  ASSERT_EQ(ranges.size(), 1U);
  EXPECT_GE(ranges.range(0).size, 608U);
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
INSTANTIATE_TEST_SUITE_P(Versions, DataStackWithBaseFrame,
                         testing::ValuesIn(Versions([](const Layout& l) {
                           return l.thread_state.base_frame != kAbsent;
                         })),
                         VersionName);

}  // namespace
}  // namespace osprey
