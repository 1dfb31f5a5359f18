#include "osprey/native/stack_copy.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>

#include "osprey/target/live_memory.h"
#include "osprey/target/snapshot_memory.h"

namespace osprey {
namespace {

constexpr Address kStack(0x10000);
constexpr std::size_t kPage = 4096;

std::vector<std::byte> Filled(std::size_t size, std::uint8_t value) {
  return std::vector<std::byte>(size, std::byte{value});
}

TEST(StackCopies, ServeWhatWasThereWhenTheyWereTaken) {
  SnapshotMemory before;
  before.Put(kStack, Filled(2 * kPage, 1));
  StackCopy copy(before);
  ASSERT_TRUE(copy.Take(kStack + 8, 100));
  EXPECT_EQ(copy.size(), 100U);
  before.Clear();
  EXPECT_EQ(copy.ReadAs<std::uint8_t>(kStack + 8).value(), 1);
  EXPECT_EQ(copy.ReadAs<std::uint8_t>(kStack + 107).value(), 1);
  EXPECT_FALSE(copy.ReadAs<std::uint8_t>(kStack + 7));
  EXPECT_FALSE(copy.ReadAs<std::uint16_t>(kStack + 107));
}

TEST(StackCopies, EndWhereTheStackEnds) {
  SnapshotMemory memory;
  memory.Put(kStack, Filled(kPage, 1));
  StackCopy copy(memory);
  ASSERT_TRUE(copy.Take(kStack + 0x100, 10 * kPage));
  EXPECT_EQ(copy.size(), kPage - 0x100);
  EXPECT_FALSE(copy.Take(kStack - 2 * kPage, kPage));
  EXPECT_EQ(copy.size(), 0U);
}

TEST(StackCopies, MayBeOfMorePagesThanOneCallTakes) {
  constexpr std::size_t kSize = 1500 * kPage;
  void* stack =
      mmap(nullptr, kSize + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(stack, MAP_FAILED);
  const Address start(reinterpret_cast<std::uint64_t>(stack));
  ASSERT_EQ(munmap(static_cast<std::byte*>(stack) + kSize, kPage), 0);
  const LiveMemory memory(getpid());
  StackCopy copy(memory);
  ASSERT_TRUE(copy.Take(start + 8, 2 * kSize));
  EXPECT_EQ(copy.size(), kSize - 8);
  munmap(stack, kSize);
}

TEST(StackCopies, ServeAllElseFromTheTarget) {
  SnapshotMemory memory;
  memory.Put(kStack, Filled(kPage, 1));
  StackCopy copy(memory);
  const std::vector<std::byte> piece = Filled(16, 2);
  copy.Put(std::array{MemoryPiece{kStack + 16, piece}});
  std::array<std::byte, 3> bytes{};
  const std::array<MemoryRange, 3> ranges = {
      MemoryRange{kStack + 15, 1}, {kStack + 16, 1}, {kStack + 32, 1}};
  ASSERT_EQ(copy.ReadRanges(ranges, bytes).value(), 3U);
  EXPECT_EQ(bytes, (std::array<std::byte, 3>{std::byte{1}, std::byte{2}, std::byte{1}}));
}

TEST(StackCopies, InPiecesServeNothingThatLiesBetween) {
  SnapshotMemory memory;
  memory.Put(kStack, Filled(kPage, 1));
  const std::vector<std::byte> near = Filled(16, 2);
  const std::vector<std::byte> far = Filled(32, 3);
  StackCopy copy(memory);
  copy.Put(std::array{MemoryPiece{kStack + 16, near}, MemoryPiece{kStack + 64, far}});
  const auto at = [&](std::uint64_t place) {
    return copy.ReadAs<std::uint8_t>(kStack + place).value_or(0);
  };
  EXPECT_EQ(at(15), 1);
  EXPECT_EQ(at(16), 2);
  EXPECT_EQ(at(31), 2);
  EXPECT_EQ(at(32), 0);
  EXPECT_EQ(at(63), 0);
  EXPECT_EQ(at(64), 3);
  EXPECT_EQ(at(95), 3);
  EXPECT_EQ(at(96), 1);
  EXPECT_FALSE(copy.ReadAs<std::uint16_t>(kStack + 31));
  EXPECT_FALSE(copy.ReadAs<std::uint16_t>(kStack + 63));
  // A frame begins where what led there ends.
  for (const unsigned place : {16U, 24U, 32U, 64U, 80U, 96U}) EXPECT_TRUE(copy.Has(kStack + place));
  for (const unsigned place : {8U, 40U, 56U, 104U}) EXPECT_FALSE(copy.Has(kStack + place));
  EXPECT_EQ(copy.start(), kStack + 16);
  EXPECT_EQ(copy.size(), 16U);
  ASSERT_TRUE(copy.Take(kStack, 32));
  EXPECT_EQ(at(40), 1);
  EXPECT_FALSE(copy.Has(kStack + 80));
  copy.Put({});
  EXPECT_EQ(copy.size(), 0U);
  EXPECT_EQ(at(16), 1);
}

}  // namespace
}  // namespace osprey
