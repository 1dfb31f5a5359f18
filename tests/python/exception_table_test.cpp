#include "python/exception_table.h"

#include <gtest/gtest.h>

#include <vector>

namespace osprey {
namespace {

void Append(std::uint32_t value, std::uint32_t marker, std::vector<std::byte>& table) {
  std::vector<std::uint32_t> groups;
  do {
    groups.insert(groups.begin(), value & 0x3FU);
    value >>= 6U;
  } while (value != 0);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::uint32_t more = i + 1 < groups.size() ? 0x40 : 0;
    table.push_back(static_cast<std::byte>(groups[i] | more | (i == 0 ? marker : 0)));
  }
}

void AppendEntry(std::uint32_t start, std::uint32_t length, std::uint32_t depth,
                 std::vector<std::byte>& table) {
  Append(start, 0x80, table);
  Append(length, 0, table);
  Append(99, 0, table);  // the handler
  Append(depth << 1U | 1U, 0, table);
}

TEST(HandlerDepth, IsThatOfTheRangeAroundTheInstruction) {
  std::vector<std::byte> table;
  AppendEntry(3, 4, 1, table);
  AppendEntry(100, 5000, 40, table);
  const std::pair<std::uint64_t, std::size_t> expected[] = {
      {0, 0}, {2, 0}, {3, 1}, {6, 1}, {7, 0}, {99, 0}, {100, 40}, {5099, 40}, {5100, 0}};
  for (const auto& [unit, depth] : expected) EXPECT_EQ(HandlerDepth(table, unit), depth) << unit;
}

TEST(HandlerDepth, IsNothingWhereTheTableBreaksOff) {
  EXPECT_EQ(HandlerDepth({}, 0), 0U);
  std::vector<std::byte> table;
  AppendEntry(0, 10, 2, table);
  table.pop_back();
  EXPECT_EQ(HandlerDepth(table, 5), 0U);
  const std::vector<std::byte> endless(4096, std::byte{0xFF});
  EXPECT_EQ(HandlerDepth(endless, 5), 0U);
}

}  // namespace
}  // namespace osprey
