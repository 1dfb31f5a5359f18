#include "osprey/native/unwind_tables.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <random>

#include "osprey/target/live_memory.h"
#include "osprey/target/snapshot_memory.h"

namespace osprey {
namespace {

Address Here() { return Address(reinterpret_cast<std::uint64_t>(&Here)); }

TEST(UnwindTablesOf, ThisProgramAreFound) {
  const LiveMemory memory(getpid());
  const auto map = MemoryMap::Read(getpid());
  ASSERT_TRUE(map);
  UnwindTables tables;
  EXPECT_FALSE(tables.Update(memory, *map));  // nothing was there that could have gone
  const UnwindTables::Code* code = tables.Find(Here());
  ASSERT_NE(code, nullptr);
  ASSERT_TRUE(code->table.has_value());
  EXPECT_GT(code->table->count, 10U);
  EXPECT_EQ(tables.Find(Address(1)), nullptr);
  EXPECT_EQ(tables.Find(code->end - 1), code);
  for (const Mapping& mapping : map->mappings()) {
    if (mapping.path != "[vdso]") continue;
    ASSERT_NE(tables.Find(mapping.start), nullptr);
    EXPECT_TRUE(tables.Find(mapping.start)->table.has_value());
  }
}

TEST(UnwindTablesOf, WhatIsGoneIsNoticed) {
  const LiveMemory memory(getpid());
  const auto map = MemoryMap::Read(getpid());
  ASSERT_TRUE(map);
  UnwindTables tables;
  tables.Update(memory, *map);
  EXPECT_FALSE(tables.Update(memory, *map));
  std::vector<Mapping> fewer;
  for (const Mapping& mapping : map->mappings()) {
    if (!mapping.Contains(Here())) fewer.push_back(mapping);
  }
  EXPECT_TRUE(tables.Update(memory, MemoryMap::Of(fewer)));
  EXPECT_EQ(tables.Find(Here()), nullptr);
  EXPECT_FALSE(tables.Update(memory, *map));
  EXPECT_NE(tables.Find(Here()), nullptr);
}

TEST(UnwindTablesOf, WhatIsNoFileAreNone) {
  SnapshotMemory memory;
  constexpr Address kStart(0x10000);
  EXPECT_FALSE(ReadUnwindTable(memory, kStart));
  std::vector<std::byte> bytes(4096);
  memory.Put(kStart, bytes);
  EXPECT_EQ(ReadUnwindTable(memory, kStart).error().code, ErrorCode::kMalformed);
}

TEST(UnwindTablesOf, DamagedFilesAreNoDanger) {
  const LiveMemory live(getpid());
  const auto map = MemoryMap::Read(getpid());
  ASSERT_TRUE(map);
  const auto file = std::find_if(
      map->mappings().begin(), map->mappings().end(),
      [path = std::filesystem::canonical("/proc/self/exe").string()](const Mapping& m) {
        return m.path == path && m.readable && m.file_offset == 0;
      });
  ASSERT_NE(file, map->mappings().end());
  const Address start = file->start;
  std::vector<std::byte> bytes(4096);
  ASSERT_TRUE(live.Read(start, bytes));
  ASSERT_EQ(std::memcmp(bytes.data(), ELFMAG, SELFMAG), 0);
  std::minstd_rand random(1);
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::byte> damaged = bytes;
    for (int k = 0; k < 4; ++k) damaged[random() % 1024] = std::byte(random() % 256);
    SnapshotMemory memory;
    memory.Put(start, damaged);
    const auto table = ReadUnwindTable(memory, start);
    EXPECT_LE(table ? table->count : 0, 1U << 24U);
  }
}

}  // namespace
}  // namespace osprey
