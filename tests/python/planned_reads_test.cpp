#include "osprey/python/planned_reads.h"

#include <gtest/gtest.h>

#include "python/bytes.h"

namespace osprey {
namespace {

class PlannedReadsTest : public testing::Test {
 protected:
  // Follows a list of (next, value) from `at`; the sum of the values, or -1 where a copy lacks.
  int Sum(Address at) {
    PlanReader reader(reads_, plan_);
    int sum = 0;
    while (!at.IsNull()) {
      const std::byte* node = reader.Ask(at, 8);
      if (node != nullptr) node = reader.Extend(12);
      if (reader.is_missing()) return -1;
      if (node == nullptr) break;
      std::int32_t value = 0;
      std::memcpy(&at, node, 8);
      std::memcpy(&value, node + 8, 4);
      sum += value;
    }
    reader.Finish();
    return sum;
  }
  int Learn(Address at) {
    for (copies_ = 0; copies_ < 100; ++copies_) {
      const int sum = Sum(at);
      if (sum >= 0) return sum;
      if (!reads_.CopyMissing()) break;
    }
    return -1;
  }
  void CopyTogether() {
    ReadPlan* plan = &plan_;
    reads_.CopyTogether(std::span(&plan, 1), PlannedReads::Passes::kTwo);
  }
  void Put(std::uint64_t at, std::uint64_t next, std::int32_t value) {
    memory_.Put(Address(at), Bytes(12).Set(0, next).Set(8, value).get());
  }

  SnapshotMemory memory_;
  PlannedReads reads_{memory_};
  ReadPlan plan_;
  int copies_ = 0;
};

TEST_F(PlannedReadsTest, LearnsLinkByLinkAndThenCopiesAtOnce) {
  Put(0x1000, 0x2000, 1);
  Put(0x2000, 0x3000, 2);
  Put(0x3000, 0, 4);
  EXPECT_EQ(Learn(Address(0x1000)), 7);
  EXPECT_EQ(copies_, 6);  // three nodes, each asked for in two sizes
  CopyTogether();
  EXPECT_EQ(Sum(Address(0x1000)), 7);
}

TEST_F(PlannedReadsTest, FollowsAChangedLink) {
  Put(0x1000, 0x2000, 1);
  Put(0x2000, 0, 2);
  ASSERT_EQ(Learn(Address(0x1000)), 3);
  memory_.Clear();
  Put(0x1000, 0x3000, 1);
  Put(0x3000, 0, 8);
  CopyTogether();
  EXPECT_EQ(Learn(Address(0x1000)), 9);
  EXPECT_EQ(plan_.size(), 2U);
}

TEST_F(PlannedReadsTest, WhatCannotBeReadHidesNothingElse) {
  Put(0x1000, 0x2000, 1);
  ASSERT_EQ(Learn(Address(0x1000)), 1);
  EXPECT_EQ(Sum(Address(0x1000)), 1);  // asks for 0x2000 again: it is known not to be there
  CopyTogether();
  EXPECT_EQ(Sum(Address(0x1000)), 1);
  Put(0x2000, 0, 2);
  CopyTogether();
  EXPECT_EQ(Learn(Address(0x1000)), 3);
}

TEST_F(PlannedReadsTest, WhatGrewSmallerIsReadSmaller) {
  Put(0x1000, 0, 1);
  ASSERT_EQ(Learn(Address(0x1000)), 1);
  memory_.Clear();
  memory_.Put(Address(0x1000), Bytes(8).get());  // no more than that is there now
  CopyTogether();
  EXPECT_EQ(Learn(Address(0x1000)), 0);
}

// Changes a word each time it is asked.
class ChangingMemory : public SnapshotMemory {
 public:
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    const auto arrived = SnapshotMemory::ReadRanges(ranges, to);
    to.back() = std::byte{++asked_};
    return arrived;
  }

 private:
  mutable std::uint8_t asked_ = 0;
};

TEST_F(PlannedReadsTest, TellsWhatChangesBetweenTwoPasses) {
  Put(0x1000, 0, 1);
  ASSERT_EQ(Learn(Address(0x1000)), 1);
  CopyTogether();
  EXPECT_TRUE(reads_.IsSameTwice(plan_));
  ChangingMemory changing;
  changing.Put(Address(0x1000), Bytes(12).get());
  PlannedReads reads(changing);
  ReadPlan* plan = &plan_;
  reads.CopyTogether(std::span(&plan, 1), PlannedReads::Passes::kTwo);
  EXPECT_FALSE(reads.IsSameTwice(plan_));
  std::byte last[2];
  PlanReader first(reads, plan_);
  last[0] = first.Ask(Address(0x1000), 12)[11];
  PlanReader second(reads, plan_, PlanReader::Pass::kSecond);
  last[1] = second.Ask(Address(0x1000), 12)[11];
  EXPECT_EQ(last[0], std::byte{1});
  EXPECT_EQ(last[1], std::byte{2});
}

TEST_F(PlannedReadsTest, EndsInACircle) {
  Put(0x1000, 0x1000, 1);
  for (int i = 0; i < 20000; ++i) {
    if (Sum(Address(0x1000)) >= 0) break;
    ASSERT_TRUE(reads_.CopyMissing());
  }
  EXPECT_EQ(Sum(Address(0x1000)), 4096);
}

}  // namespace
}  // namespace osprey
