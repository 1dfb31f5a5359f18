#include "osprey/target/snapshot_memory.h"

#include <gtest/gtest.h>

#include <vector>

#include "osprey/target/read_one_by_one.h"

namespace osprey {
namespace {

// Every byte below 1 MiB is the low byte of its address divided by 16; `hole` is a page without.
class PageMemory : public Memory {
 public:
  static constexpr std::uint64_t kEnd = 1U << 20U;

  static std::byte At(std::uint64_t address) { return static_cast<std::byte>(address / 16); }

  Result<void> Read(Address from, std::span<std::byte> to) const override {
    for (std::size_t i = 0; i < to.size(); ++i) {
      const std::uint64_t at = from.value + i;
      if (at >= kEnd || at / 4096 == hole) {
        return Error{ErrorCode::kUnreadable, 0, from, "a hole"};
      }
      to[i] = At(at);
    }
    return {};
  }
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    asked.assign(ranges.begin(), ranges.end());
    return ReadOneByOne(*this, ranges, to);
  }

  std::uint64_t hole = 1000000;
  mutable std::vector<MemoryRange> asked;
};

class Snapshots : public testing::Test {
 protected:
  // Whether the piece holds what the memory has at its place.
  bool IsRight(std::size_t index) const {
    const MemoryRange& piece = snapshot_.piece(index);
    for (std::size_t i = 0; i < piece.size; ++i) {
      if (snapshot_.View(index)[i] != PageMemory::At(piece.address.value + i)) return false;
    }
    return true;
  }

  PageMemory memory_;
  SnapshotMemory snapshot_;
};

TEST_F(Snapshots, NearPiecesAreOneRange) {
  snapshot_.AddNear({Address(0x1000), 64});
  snapshot_.AddNear({Address(0x1000), 64});   // the same
  snapshot_.AddNear({Address(0x1020), 8});    // within it
  snapshot_.AddNear({Address(0x1100), 100});  // behind it
  ASSERT_EQ(snapshot_.size(), 4U);
  EXPECT_EQ(snapshot_.ranges().size(), 1U);
  EXPECT_EQ(snapshot_.Refill(memory_).value_or(0), 4U);
  ASSERT_EQ(memory_.asked.size(), 1U);
  EXPECT_EQ(memory_.asked[0].size, 0x100U + 100U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(IsRight(i)) << i;
}

TEST_F(Snapshots, DistantOnesAreNot) {
  snapshot_.AddNear({Address(0x1000), 64});
  snapshot_.AddNear({Address(0x1000 + 64 + 1025), 8});  // too far
  snapshot_.AddNear({Address(0x1000), 64});             // before the last
  snapshot_.AddNear({Address(0x1FF0), 8});              // too far
  snapshot_.AddNear({Address(0x1FF8), 16});             // in two pages
  snapshot_.AddNear({Address(0x2010), 16});             // behind a range in two pages
  EXPECT_EQ(snapshot_.ranges().size(), 6U);
  EXPECT_EQ(snapshot_.Refill(memory_).value_or(0), 6U);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_TRUE(IsRight(i)) << i;
}

TEST_F(Snapshots, AddNeverSharesARange) {
  snapshot_.Add({Address(0x1000), 64});
  snapshot_.Add({Address(0x1000), 64});
  EXPECT_EQ(snapshot_.ranges().size(), 2U);
}

TEST_F(Snapshots, APageThatIsGoneTakesItsPiecesAlone) {
  memory_.hole = 2;
  snapshot_.AddNear({Address(0x1F00), 64});
  snapshot_.AddNear({Address(0x1F80), 0x80});
  snapshot_.AddNear({Address(0x2000), 64});
  snapshot_.AddNear({Address(0x2080), 64});
  snapshot_.AddNear({Address(0x3000), 64});
  EXPECT_EQ(snapshot_.Refill(memory_).value_or(99), 2U);
  EXPECT_TRUE(IsRight(0));
  EXPECT_TRUE(IsRight(1));
  EXPECT_EQ(snapshot_.Refill(memory_, 4).value_or(99), 5U);
  EXPECT_TRUE(IsRight(4));
  EXPECT_EQ(snapshot_.Refill(memory_, 2).value_or(99), 2U);
}

TEST_F(Snapshots, AcceptCountsPieces) {
  snapshot_.AddNear({Address(0x1000), 16});
  snapshot_.AddNear({Address(0x1020), 16});
  snapshot_.AddNear({Address(0x5000), 16});
  const std::vector<std::byte> bytes(snapshot_.total_bytes(), std::byte{7});
  EXPECT_EQ(snapshot_.Accept(bytes), 3U);
  EXPECT_EQ(snapshot_.Accept(std::span(bytes).first(48)), 2U);
  EXPECT_EQ(snapshot_.Accept(std::span(bytes).first(47)), 0U);
  EXPECT_EQ(snapshot_.Accept({}), 0U);
}

TEST_F(Snapshots, EmptyOnesArriveAtOnce) {
  EXPECT_EQ(snapshot_.Refill(memory_).value_or(99), 0U);
  snapshot_.AddNear({Address(0x1000), 0});
  snapshot_.AddNear({Address(0x1000), 8});
  EXPECT_EQ(snapshot_.Refill(memory_).value_or(99), 2U);
  EXPECT_TRUE(IsRight(1));
}

}  // namespace
}  // namespace osprey
