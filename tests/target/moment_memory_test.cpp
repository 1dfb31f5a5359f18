#include "osprey/target/moment_memory.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>

namespace osprey {
namespace {

std::span<const std::byte> Bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string Read(const Memory& memory, std::uint64_t at, std::size_t size) {
  std::string text(size, '?');
  EXPECT_TRUE(memory.Read(Address(at), std::as_writable_bytes(std::span(text.data(), size))));
  for (char& c : text) c = c == '\0' ? '.' : c;
  return text;
}

TEST(MomentMemory, HasWhatWasCopiedAndZerosElsewhere) {
  const std::string first = "abcdef";
  const std::string second = "XY";
  MomentMemory memory;
  memory.Add(Address(100), Bytes(first));
  memory.Add(Address(110), Bytes(second));
  EXPECT_EQ(Read(memory, 100, 6), "abcdef");
  EXPECT_EQ(Read(memory, 102, 2), "cd");
  EXPECT_EQ(Read(memory, 96, 20), "....abcdef....XY....");
  EXPECT_EQ(Read(memory, 104, 7), "ef....X");
  EXPECT_EQ(Read(memory, 5000, 3), "...");
  EXPECT_EQ(Read(memory, 100, 0), "");
  EXPECT_EQ(Read(memory, ~std::uint64_t{0} - 1, 2), "..");
  memory.Clear();
  EXPECT_EQ(Read(memory, 100, 6), "......");
}

TEST(MomentMemory, TheLaterPieceHoldsWhereTwoLie) {
  const std::string first = "abcdef";
  const std::string second = "XY";
  MomentMemory memory;
  memory.Add(Address(100), Bytes(first));
  memory.Add(Address(102), Bytes(second));
  EXPECT_EQ(Read(memory, 100, 6), "abXYef");
}

TEST(MomentMemory, ReadsManyAtOnce) {
  const std::string text = "abcdef";
  MomentMemory memory;
  memory.Add(Address(100), Bytes(text));
  const std::array<MemoryRange, 2> ranges = {MemoryRange{Address(104), 4},
                                             MemoryRange{Address(99), 2}};
  std::array<char, 6> to{};
  const auto arrived = memory.ReadRanges(ranges, std::as_writable_bytes(std::span(to)));
  ASSERT_TRUE(arrived);
  EXPECT_EQ(*arrived, 6U);
  EXPECT_EQ(std::memcmp(to.data(), "ef\0\0\0a", 6), 0);
  EXPECT_FALSE(memory.ReadRanges(ranges, std::as_writable_bytes(std::span(to).first(3))));
}

}  // namespace
}  // namespace osprey
