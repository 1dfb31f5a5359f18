#include "osprey/sampler/stack_merger.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace osprey {
namespace {

using testing::ElementsAre;

constexpr Address kStack(0x10000);
constexpr std::uint64_t kPart = 0x100;  // bytes of each native frame

// Stacks are built from leaf to root: the frame at index i has [kStack + i * kPart, + kPart).
class Merging : public testing::Test {
 protected:
  void AddNative(NativeRole role) {
    native_.emplace_back(ReturnAddress{Address(0x1000 + native_.size())},
                         kStack + native_.size() * kPart);
    roles_.push_back(role);
  }
  void AddNatives(const char* kinds) {  // e: evaluation, h: handler, i: interpreter, f: foreign
    for (; *kinds != '\0'; ++kinds) {
      AddNative(*kinds == 'e'   ? NativeRole::kEvaluation
                : *kinds == 'h' ? NativeRole::kHandler
                : *kinds == 'i' ? NativeRole::kInterpreter
                                : NativeRole::kForeign);
    }
  }
  // One that starts an evaluation whose variable lies in native frame `in`; -1: none, -2: not
  // known.
  void AddPython(int in) {
    RawFrame frame;
    frame.frame = Address(0x900000 + python_.size() * 64);
    frame.starts_evaluation = in != -1;
    if (in >= 0) frame.entry = kStack + static_cast<std::uint64_t>(in) * kPart + 0x40;
    python_.push_back(frame);
  }
  // The evaluation in native frame `in`, or its caller, has the frame object of Python frame
  // `index`, this far from where the evaluation's part ends.
  void PutFrameObject(std::size_t in, std::size_t index, std::int64_t distance) {
    if (stack_.empty()) stack_.resize((native_.size() + 1) * kPart);
    const auto at = static_cast<std::int64_t>((in + 1) * kPart) + distance;
    std::memcpy(stack_.data() + at, &python_[index].frame, sizeof(Address));
  }
  // "n3" and "p0", from root to leaf.
  std::vector<std::string> Merge(bool is_complete = true) {
    const NativeSide native{native_, roles_, is_complete, kStack, stack_};
    fits_ = merger_.Merge(native, {python_}, merged_);
    std::vector<std::string> names;
    for (const MergedFrame& f : merged_) {
      names.push_back(
          fmt::format("{}{}", f.side == MergedFrame::Side::kNative ? 'n' : 'p', f.index));
    }
    return names;
  }

  std::vector<NativeFrame> native_;
  std::vector<NativeRole> roles_;
  std::vector<RawFrame> python_;
  std::vector<std::byte> stack_;
  StackMerger merger_;
  std::vector<MergedFrame> merged_;
  bool fits_ = false;
};

TEST_F(Merging, PythonFramesStandWhereTheirEvaluationDoes) {
  AddNatives("fefieif");
  AddPython(4);
  AddPython(-1);
  AddPython(1);
  EXPECT_THAT(Merge(), ElementsAre("n6", "n5", "p0", "p1", "n3", "n2", "p2", "n0"));
  EXPECT_TRUE(fits_);
  EXPECT_FALSE(merger_.has_idle_evaluation());
}

TEST_F(Merging, HandlersGoWithTheirEvaluation) {
  AddNatives("fhheif");
  AddPython(3);
  EXPECT_THAT(Merge(), ElementsAre("n5", "n4", "p0", "n0"));
}

TEST_F(Merging, OneMayBeEnteringOrLeaving) {
  AddNatives("eiefif");
  AddPython(2);
  EXPECT_THAT(Merge(), ElementsAre("n5", "n4", "n3", "p0", "n1", "n0"));
  EXPECT_TRUE(fits_);
  EXPECT_TRUE(merger_.has_idle_evaluation());
}

TEST_F(Merging, TwoThatRunNothingDoNotFit) {
  AddNatives("eieief");
  AddPython(4);
  EXPECT_THAT(Merge(), ElementsAre("n5", "n4", "n3", "n2", "n1", "n0", "p0"));
  EXPECT_FALSE(fits_);
}

TEST_F(Merging, EvaluationsOfOthersLieBelow) {
  AddNatives("feiefef");  // another interpreter's, or a greenlet's that has switched to this one
  AddPython(1);
  EXPECT_THAT(Merge(), ElementsAre("n6", "n5", "n4", "n3", "n2", "p0", "n0"));
  EXPECT_TRUE(fits_);
}

TEST_F(Merging, NoneMayLackItsFramesInBetween) {
  AddNatives("feiefef");
  AddPython(5);
  AddPython(1);
  Merge();
  EXPECT_FALSE(fits_);
}

TEST_F(Merging, WhatIsOfAnotherMomentDoesNotFit) {
  AddNatives("fefef");
  AddPython(3);
  AddPython(2);  // in what is no evaluation
  EXPECT_THAT(Merge(), ElementsAre("n4", "n3", "n2", "n1", "n0", "p0", "p1"));
  EXPECT_FALSE(fits_);
  python_.pop_back();
  AddPython(3);  // twice in the same
  Merge();
  EXPECT_FALSE(fits_);
}

TEST_F(Merging, APythonStackWithoutItsRootDoesNotFit) {
  AddNatives("fef");
  AddPython(-1);
  AddPython(1);
  Merge();
  EXPECT_FALSE(fits_);
}

TEST_F(Merging, WhereTheNativeStackEndsEarlyTheRestOfPythonLiesBeyond) {
  AddNatives("fefe");
  AddPython(9);
  AddPython(-1);
  AddPython(3);  // of the last native frame nobody knows how far it goes
  AddPython(1);
  EXPECT_THAT(Merge(false), ElementsAre("p0", "p1", "p2", "n3", "n2", "p3", "n0"));
  EXPECT_TRUE(fits_);
  Merge(true);
  EXPECT_FALSE(fits_);
}

TEST_F(Merging, WhereItEndsBeforeAnyEvaluationAllOfPythonLiesBeyond) {
  AddNatives("fif");
  AddPython(9);
  AddPython(4);
  EXPECT_THAT(Merge(false), ElementsAre("p0", "p1", "n2", "n1", "n0"));
  EXPECT_TRUE(fits_);
  EXPECT_FALSE(merger_.has_idle_evaluation());
  Merge(true);
  EXPECT_FALSE(fits_);
  AddPython(1);  // in what is no evaluation
  EXPECT_THAT(Merge(false), ElementsAre("n2", "n1", "n0", "p0", "p1", "p2"));
  EXPECT_FALSE(fits_);
  python_.pop_back();
  AddPython(-2);  // nobody knows where
  Merge(false);
  EXPECT_FALSE(fits_);
}

TEST_F(Merging, FrameObjectsStandWhereTheirCallerHasThem) {
  AddNatives("feifeif");
  AddPython(-2);
  AddPython(-2);
  PutFrameObject(4, 0, -16);  // a register that the evaluation has saved
  PutFrameObject(1, 1, 0x40);
  PutFrameObject(1, 0, -24);  // and one that is still there from further out
  EXPECT_THAT(Merge(), ElementsAre("n6", "n5", "p0", "n3", "n2", "p1", "n0"));
  EXPECT_TRUE(fits_);
}

TEST_F(Merging, FrameObjectsInNoCallerDoNotFit) {
  AddNatives("feifeif");
  AddPython(-2);
  AddPython(-2);
  PutFrameObject(4, 0, -16);
  PutFrameObject(1, 1, -128);
  Merge();
  EXPECT_FALSE(fits_);
  stack_.clear();
  Merge();
  EXPECT_FALSE(fits_);
}

TEST_F(Merging, AnEnteringEvaluationIsNotTakenForItsCaller) {
  AddNatives("eiefef");
  AddPython(-2);
  AddPython(-2);
  PutFrameObject(4, 0, -16);
  PutFrameObject(2, 1, -16);
  PutFrameObject(0, 1, -24);
  EXPECT_THAT(Merge(), ElementsAre("n5", "p0", "n3", "p1", "n1", "n0"));
  EXPECT_TRUE(merger_.has_idle_evaluation());
}

TEST_F(Merging, FrameObjectsBeyondAnEarlyEnd) {
  AddNatives("feifeif");
  for (int i = 0; i < 3; ++i) AddPython(-2);
  PutFrameObject(4, 0, -24);
  PutFrameObject(4, 1, -16);
  PutFrameObject(1, 2, -16);
  stack_.resize(stack_.size());
  EXPECT_THAT(Merge(false), testing::Contains("p2"));
  EXPECT_FALSE(fits_);  // it has the first, so that all of them should be here
  PutFrameObject(4, 2, -24);
  std::memset(stack_.data() + 5 * kPart - 24, 0, 8);
  EXPECT_THAT(Merge(false), ElementsAre("p0", "n6", "n5", "p1", "n3", "n2", "p2", "n0"));
  EXPECT_TRUE(fits_);
}

TEST_F(Merging, EmptySides) {
  AddPython(0);
  EXPECT_THAT(Merge(), ElementsAre("p0"));
  EXPECT_FALSE(fits_);
  python_.clear();
  AddNatives("fif");
  EXPECT_THAT(Merge(), ElementsAre("n2", "n1", "n0"));
  EXPECT_TRUE(fits_);
}

TEST_F(Merging, WhateverTheSidesAreNoFrameIsLostAndNoOrderChanged) {
  std::minstd_rand random(1);
  int fitted = 0;
  for (int round = 0; round < 20000; ++round) {
    native_.clear();
    roles_.clear();
    python_.clear();
    stack_.clear();
    for (std::size_t i = random() % 10; i > 0; --i) {
      AddNative(static_cast<NativeRole>(random() % 4));
      if (random() % 16 == 0) native_.back().stack_pointer = Address(random());
    }
    for (std::size_t i = random() % 5; i > 0; --i) {
      AddPython(static_cast<int>(random() % 12) - (random() % 4 == 0 ? 2 : 1));
      if (random() % 2 == 0 && !native_.empty()) {
        PutFrameObject(random() % native_.size(), python_.size() - 1, -16);
      }
    }
    Merge(random() % 2 == 0);
    fitted += fits_ ? 1 : 0;
    std::size_t python = 0;
    std::size_t native = native_.size();
    for (const MergedFrame& f : merged_) {
      if (f.side == MergedFrame::Side::kPython) {
        ASSERT_EQ(f.index, python++);
        continue;
      }
      for (--native; native > f.index; --native) {  // left out: only what was replaced
        ASSERT_TRUE(fits_);
        ASSERT_TRUE(roles_[native] == NativeRole::kEvaluation ||
                    roles_[native] == NativeRole::kHandler);
      }
      ASSERT_EQ(native, f.index);
    }
    ASSERT_EQ(python, python_.size());
    if (!fits_) {
      ASSERT_EQ(merged_.size(), native_.size() + python_.size());
    }
  }
  EXPECT_GT(fitted, 1000);
}

}  // namespace
}  // namespace osprey
