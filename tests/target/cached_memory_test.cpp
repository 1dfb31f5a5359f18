#include "osprey/target/cached_memory.h"

#include <gtest/gtest.h>

#include <vector>

#include "osprey/target/snapshot_memory.h"

namespace osprey {
namespace {

// Counts what is read of it.
class CountingMemory : public Memory {
 public:
  explicit CountingMemory(const Memory& memory) : memory_(memory) {}
  Result<void> Read(Address from, std::span<std::byte> to) const override {
    ++reads;
    return memory_.Read(from, to);
  }
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    ++reads;
    return memory_.ReadRanges(ranges, to);
  }
  mutable int reads = 0;

 private:
  const Memory& memory_;
};

class Cached : public testing::Test {
 protected:
  // Two pages from 0x10000 on, and 100 bytes of a third.
  Cached() {
    std::vector<std::byte> bytes(8192 + 100);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i % 251);
    memory_.Put(Address(0x10000), bytes);
  }

  static std::byte ByteAt(std::uint64_t address) {
    return static_cast<std::byte>((address - 0x10000) % 251);
  }

  SnapshotMemory memory_;
  CountingMemory source_{memory_};
  CachedMemory cached_{source_};
};

TEST_F(Cached, APageIsReadOnce) {
  for (std::uint64_t i = 0; i < 4000; ++i) {
    EXPECT_EQ(*cached_.ReadAs<std::byte>(Address(0x10000 + i)), ByteAt(0x10000 + i));
  }
  EXPECT_EQ(source_.reads, 1);
  cached_.Clear();
  EXPECT_TRUE(cached_.ReadAs<std::uint64_t>(Address(0x10008)).has_value());
  EXPECT_EQ(source_.reads, 2);
}

TEST_F(Cached, AReadMaySpanPages) {
  std::vector<std::byte> bytes(5000);
  ASSERT_TRUE(cached_.Read(Address(0x10500), bytes).has_value());
  for (std::size_t i = 0; i < bytes.size(); ++i) ASSERT_EQ(bytes[i], ByteAt(0x10500 + i));
  ASSERT_TRUE(cached_.Read(Address(0x10500), bytes).has_value());
  EXPECT_EQ(source_.reads, 2);
}

TEST_F(Cached, WhatCannotBeReadAsAPageIsReadAsItIs) {
  EXPECT_EQ(*cached_.ReadAs<std::byte>(Address(0x12000 + 99)), ByteAt(0x12000 + 99));
  EXPECT_FALSE(cached_.ReadAs<std::byte>(Address(0x12000 + 100)).has_value());
  EXPECT_EQ(cached_.ReadAs<std::uint64_t>(Address(0x12000 + 96)).error().code,
            ErrorCode::kUnreadable);
  std::vector<std::byte> across(200);
  EXPECT_TRUE(cached_.Read(Address(0x12000 - 120), across).has_value());
  EXPECT_EQ(across[199], ByteAt(0x12000 + 79));
}

TEST_F(Cached, AddressesAtTheEndOfAllAddresses) {
  EXPECT_FALSE(cached_.ReadAs<std::uint64_t>(Address(UINT64_MAX - 3)).has_value());
  EXPECT_FALSE(cached_.ReadAs<std::uint64_t>(Address(UINT64_MAX - 7)).has_value());
  EXPECT_FALSE(cached_.ReadAs<std::uint64_t>(Address(0)).has_value());
}

TEST_F(Cached, LongReadsAndRangesGoToTheSource) {
  std::vector<std::byte> all(8192 + 100);
  std::vector<std::byte> page(4096 * 4 + 1);
  EXPECT_FALSE(cached_.Read(Address(0x10000), page).has_value());
  EXPECT_EQ(source_.reads, 1);
  const MemoryRange range{Address(0x10000), all.size()};
  EXPECT_EQ(*cached_.ReadRanges(std::span(&range, 1), all), all.size());
  EXPECT_EQ(source_.reads, 2);
}

}  // namespace
}  // namespace osprey
