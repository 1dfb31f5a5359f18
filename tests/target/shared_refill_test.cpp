#include "osprey/target/shared_refill.h"

#include <gtest/gtest.h>

#include <cstring>

namespace osprey {
namespace {

// Every byte below 1 MiB can be read and is the low byte of its address; counts the calls.
class CountingMemory : public Memory {
 public:
  static constexpr std::uint64_t kEnd = 1U << 20U;

  Result<void> Read(Address from, std::span<std::byte> to) const override {
    if (from.value >= kEnd || to.size() > kEnd - from.value) {
      return Error{ErrorCode::kUnreadable, 0, from, "beyond the end"};
    }
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<std::byte>(from.value + i);
    return {};
  }
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    ++calls;
    most_ranges = std::max(most_ranges, ranges.size());
    if (is_gone) return Error{ErrorCode::kNoSuchProcess, 0, Address(), "gone"};
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

  mutable int calls = 0;
  mutable std::size_t most_ranges = 0;
  bool is_gone = false;
};

class SharedRefills : public testing::Test {
 protected:
  // `count` snapshots of two ranges each.
  void Make(std::size_t count) {
    snapshots_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      snapshots_[i].Add({Address(256 * i), 16});
      snapshots_[i].Add({Address(256 * i + 100), 8});
    }
  }
  std::vector<std::size_t> Refill() {
    pointers_.clear();
    for (SnapshotMemory& s : snapshots_) pointers_.push_back(&s);
    const auto results = shared_.Refill(pointers_, memory_);
    is_error_ = !results;
    return results ? std::vector(results->begin(), results->end()) : std::vector<std::size_t>();
  }

  CountingMemory memory_;
  SharedRefill shared_;
  std::vector<SnapshotMemory> snapshots_;
  std::vector<SnapshotMemory*> pointers_;
  bool is_error_ = false;
};

TEST_F(SharedRefills, FillAllInOneCall) {
  Make(200);
  const auto results = Refill();
  ASSERT_EQ(results.size(), 200U);
  EXPECT_EQ(memory_.calls, 1);
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(results[i], 2U);
    EXPECT_EQ(snapshots_[i].View(0)[3], static_cast<std::byte>(256 * i + 3));
    EXPECT_EQ(snapshots_[i].View(1)[7], static_cast<std::byte>(256 * i + 107));
  }
}

TEST_F(SharedRefills, KeepTheKernelsLimit) {
  Make(1100);
  EXPECT_EQ(Refill().size(), 1100U);
  EXPECT_EQ(memory_.calls, 3);
  EXPECT_LE(memory_.most_ranges, 1024U);
}

TEST_F(SharedRefills, OneThatCannotBeReadCostsTheOthersNothing) {
  Make(5);
  snapshots_[2].Clear();
  snapshots_[2].Add({Address(0), 4});
  snapshots_[2].Add({Address(CountingMemory::kEnd), 4});
  const auto results = Refill();
  ASSERT_EQ(results.size(), 5U);
  EXPECT_EQ(results[2], 1U);
  for (const std::size_t i : {0U, 1U, 3U, 4U}) EXPECT_EQ(results[i], 2U) << i;
  EXPECT_EQ(memory_.calls, 2);
}

TEST_F(SharedRefills, NorDoesTheFirst) {
  Make(3);
  snapshots_[0].Clear();
  snapshots_[0].Add({Address(CountingMemory::kEnd), 4});
  const auto results = Refill();
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0], 0U);
  EXPECT_EQ(results[2], 2U);
}

TEST_F(SharedRefills, OneThatIsTooLargeGoesAlone) {
  Make(3);
  snapshots_[1].Clear();
  snapshots_[1].Add({Address(0), 512 << 10});
  EXPECT_EQ(Refill().size(), 3U);
  EXPECT_EQ(snapshots_[1].View(0)[255], std::byte{255});
}

TEST_F(SharedRefills, SayThatTheProcessIsGone) {
  for (const std::size_t count : {1U, 3U}) {
    Make(count);
    memory_.is_gone = true;
    Refill();
    EXPECT_TRUE(is_error_);
  }
}

TEST_F(SharedRefills, OfNothingIsNothing) {
  EXPECT_TRUE(Refill().empty());
  EXPECT_FALSE(is_error_);
}

}  // namespace
}  // namespace osprey
