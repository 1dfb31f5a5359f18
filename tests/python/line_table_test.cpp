#include "osprey/python/line_table.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace osprey {
namespace {

std::vector<std::byte> Table(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int v : values) bytes.push_back(static_cast<std::byte>(v));
  return bytes;
}

// (address += u8; line += i8), Objects/lnotab_notes.txt.
TEST(LineTable, LnotabMovesForwardAndBack) {
  const auto table = Table({0, 1, 6, 1, 8, 256 - 2});
  EXPECT_EQ(LineOf(LineTableFormat::kLnotab, table, 10, 0), 11U);
  EXPECT_EQ(LineOf(LineTableFormat::kLnotab, table, 10, 5), 11U);
  EXPECT_EQ(LineOf(LineTableFormat::kLnotab, table, 10, 6), 12U);
  EXPECT_EQ(LineOf(LineTableFormat::kLnotab, table, 10, 13), 12U);
  EXPECT_EQ(LineOf(LineTableFormat::kLnotab, table, 10, 14), 10U);
}

TEST(LineTable, LnotabOf27OnlyMovesForward) {
  const auto table = Table({6, 200, 4, 1});
  EXPECT_EQ(LineOf(LineTableFormat::kOldLnotab, table, 10, 5), 10U);
  EXPECT_EQ(LineOf(LineTableFormat::kOldLnotab, table, 10, 6), 210U);
  EXPECT_EQ(LineOf(LineTableFormat::kOldLnotab, table, 10, 10), 211U);
}

TEST(LineTable, LineTableOf310HasRangesWithoutLine) {
  const auto table = Table({2, 1, 4, 128, 2, 3});
  EXPECT_EQ(LineOf(LineTableFormat::kLineTable, table, 10, 0), 11U);
  EXPECT_EQ(LineOf(LineTableFormat::kLineTable, table, 10, 2), 0U);
  EXPECT_EQ(LineOf(LineTableFormat::kLineTable, table, 10, 5), 0U);
  EXPECT_EQ(LineOf(LineTableFormat::kLineTable, table, 10, 6), 14U);
  EXPECT_EQ(LineOf(LineTableFormat::kLineTable, table, 10, 8), 0U);
}

// Objects/locations.md: 1, code (4 bits), length - 1 (3 bits).
constexpr int Entry(int code, int units) { return 128 | code << 3 | (units - 1); }

TEST(LineTable, LocationsOfEveryKind) {
  const auto table = Table({
      Entry(11, 1),
      0,
      5,  // one line further, columns
      Entry(0, 2),
      0x42,  // the same line, short form
      Entry(13, 1),
      5,             // -2 as a signed varint, no columns
      Entry(15, 1),  // no line
      Entry(14, 1),
      64 | 16,
      3,  // 208 / 2 = +104 in two groups, then end line and columns
      0,
      1,
      1,
  });
  EXPECT_EQ(LineOf(LineTableFormat::kLocations, table, 10, 0), 11U);
  EXPECT_EQ(LineOf(LineTableFormat::kLocations, table, 10, 2), 11U);
  EXPECT_EQ(LineOf(LineTableFormat::kLocations, table, 10, 4), 11U);
  EXPECT_EQ(LineOf(LineTableFormat::kLocations, table, 10, 6), 9U);
  EXPECT_EQ(LineOf(LineTableFormat::kLocations, table, 10, 8), 0U);
  EXPECT_EQ(LineOf(LineTableFormat::kLocations, table, 10, 10), 113U);
  EXPECT_EQ(LineOf(LineTableFormat::kLocations, table, 10, 12), 0U);
}

TEST(LineTable, NotStartedStandsOnTheFirstLine) {
  EXPECT_EQ(LineOf(LineTableFormat::kLocations, {}, 7, -2), 7U);
  EXPECT_EQ(LineOf(LineTableFormat::kLnotab, {}, 7, -1), 7U);
}

TEST(LineTable, GarbageEndsAndGivesNoImpossibleLine) {
  std::minstd_rand random(1);
  for (int round = 0; round < 20000; ++round) {
    std::vector<std::byte> table(random() % 40);
    for (std::byte& b : table) b = static_cast<std::byte>(random());
    for (const auto format :
         {LineTableFormat::kLnotab, LineTableFormat::kLineTable, LineTableFormat::kLocations}) {
      const auto line = LineOf(format, table, static_cast<std::int32_t>(random()),
                               static_cast<std::int64_t>(random() % 400));
      EXPECT_LE(line, static_cast<std::uint32_t>(INT32_MAX));
    }
  }
}

}  // namespace
}  // namespace osprey
