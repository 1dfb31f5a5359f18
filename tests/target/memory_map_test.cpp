#include "osprey/target/memory_map.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <string>

#include "target/processes.h"

namespace osprey {
namespace {

TEST(MemoryMapParse, ReadsEveryField) {
  const auto map = MemoryMap::Parse(
      "00400000-00452000 r-xp 00001000 08:02 173521      /usr/bin/dbus daemon\n"
      "7ffc1000-7ffc2000 rw-p 00000000 00:00 0           [stack]\n"
      "7ffc3000-7ffc4000 ---s 00000000 00:00 0 \n");
  ASSERT_EQ(map.mappings().size(), 3u);
  const Mapping& file = map.mappings()[0];
  EXPECT_EQ(file.start, Address(0x400000));
  EXPECT_EQ(file.end, Address(0x452000));
  EXPECT_TRUE(file.readable);
  EXPECT_FALSE(file.writable);
  EXPECT_TRUE(file.executable);
  EXPECT_EQ(file.file_offset, 0x1000u);
  EXPECT_EQ(file.device, makedev(8, 2));
  EXPECT_EQ(file.inode, 173521u);
  EXPECT_EQ(file.path, "/usr/bin/dbus daemon");
  EXPECT_FALSE(file.deleted);
  EXPECT_EQ(map.mappings()[1].path, "[stack]");
  EXPECT_TRUE(map.mappings()[1].writable);
  EXPECT_EQ(map.mappings()[2].path, "");
  EXPECT_FALSE(map.mappings()[2].readable);
}

TEST(MemoryMapParse, TellsDeletedFilesAndEscapedLineFeeds) {
  const auto map = MemoryMap::Parse(
      "1000-2000 r--p 00000000 fe:00 7 /tmp/a\\012b (deleted)\n"
      "2000-3000 r--p 00000000 00:00 0 [name (deleted)\n");
  ASSERT_EQ(map.mappings().size(), 2u);
  EXPECT_EQ(map.mappings()[0].path, "/tmp/a\nb");
  EXPECT_TRUE(map.mappings()[0].deleted);
  EXPECT_EQ(map.mappings()[1].path, "[name (deleted)");
  EXPECT_FALSE(map.mappings()[1].deleted);
}

TEST(MemoryMapParse, SkipsWhatIsNotAMapping) {
  for (const char* line :
       {"", "\n\n", "nonsense", "1000-", "2000-1000 r--p 0 00:00 0", "1000-1000 r--p 0 00:00 0",
        "1000-2000 r-- 0 00:00 0", "1000-2000 r--p 0 00 0", "1000-2000 r--p x 00:00 0",
        "1000-2000 r--p 0 00:00", "1000-2000 r--p 0 00:00 -1",
        "10000000000000000-20000000000000000 r--p 0 00:00 0", "1000-2000 r--p 0 fffffffff:0 1"}) {
    EXPECT_TRUE(MemoryMap::Parse(line).mappings().empty()) << line;
  }
  const std::string around = "junk\n1000-2000 r--p 00000000 00:00 0\njunk";
  EXPECT_EQ(MemoryMap::Parse(around).mappings().size(), 1u);
}

TEST(MemoryMapParse, SurvivesEveryCutOfAText) {
  const std::string text =
      "1000-2000 r--p 00000000 fe:00 7 /tmp/a\n3000-4000 rw-p 00000000 00:00 0 [heap]\n";
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_LE(MemoryMap::Parse(std::string_view(text).substr(0, length)).mappings().size(), 2u);
  }
}

TEST(MemoryMapFind, KnowsTheEdges) {
  const auto map = MemoryMap::Parse(
      "3000-4000 r--p 00000000 00:00 0\n"
      "1000-2000 r--p 00000000 00:00 0\n");
  EXPECT_EQ(map.Find(Address(0xfff)), nullptr);
  ASSERT_NE(map.Find(Address(0x1000)), nullptr);
  EXPECT_EQ(map.Find(Address(0x1fff))->start, Address(0x1000));
  EXPECT_EQ(map.Find(Address(0x2000)), nullptr);
  EXPECT_EQ(map.Find(Address(0x3000))->start, Address(0x3000));
  EXPECT_EQ(map.Find(Address(0x4000)), nullptr);
  EXPECT_EQ(MemoryMap().Find(Address(0)), nullptr);
}

TEST(MemoryMapRead, FindsOurOwnCodeAndStack) {
  const auto map = MemoryMap::Read(::getpid());
  ASSERT_TRUE(map) << map.error().Message();
  const int local = 0;
  const Mapping* stack = map->Find(Address(reinterpret_cast<std::uintptr_t>(&local)));
  ASSERT_NE(stack, nullptr);
  EXPECT_TRUE(stack->writable);
  const Mapping* code = map->Find(Address(reinterpret_cast<std::uintptr_t>(&MemoryMap::Parse)));
  ASSERT_NE(code, nullptr);
  EXPECT_TRUE(code->executable);
  EXPECT_EQ(code->path, std::filesystem::read_symlink("/proc/self/exe").string());
}

TEST(MemoryMapRead, OfAGoneProcessIsNoSuchProcess) {
  Child child = ForkIdle();
  const pid_t pid = child.pid();
  child.Reap();
  const auto map = MemoryMap::Read(pid);
  ASSERT_FALSE(map);
  EXPECT_EQ(map.error().code, ErrorCode::kNoSuchProcess);
}

}  // namespace
}  // namespace osprey
