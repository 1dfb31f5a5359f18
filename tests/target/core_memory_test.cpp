#include "osprey/target/core_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "target/core_samples.h"

namespace osprey {
namespace {

std::string Text(const Memory& memory, std::uint64_t at, std::size_t size) {
  std::string text(size, '?');
  const auto read = memory.Read(Address(at), std::as_writable_bytes(std::span(text)));
  return read ? text : read.error().context;
}

CoreSegment At(std::uint64_t start, std::uint64_t memory_size, std::uint64_t offset,
               std::uint64_t file_size) {
  CoreSegment segment;
  segment.start = Address(start);
  segment.memory_size = memory_size;
  segment.file_offset = offset;
  segment.file_size = file_size;
  return segment;
}

TEST(CoreMemory, ReadsAcrossSegmentsThatTouch) {
  const CoreMemory memory(CoreFd("abcdefgh"), 8, {At(0x2000, 4, 4, 4), At(0x1ffc, 4, 0, 4)});
  EXPECT_EQ(Text(memory, 0x1ffc, 8), "abcdefgh");
  EXPECT_EQ(Text(memory, 0x1ffe, 4), "cdef");
  EXPECT_EQ(memory.segments().front().start, Address(0x1ffc));
  ASSERT_NE(memory.Find(Address(0x2003)), nullptr);
  EXPECT_EQ(memory.Find(Address(0x2003))->start, Address(0x2000));
  EXPECT_EQ(memory.Find(Address(0x2004)), nullptr);
}

TEST(CoreMemory, MakesNothingUp) {
  const CoreMemory memory(CoreFd("abcd"), 4, {At(0x1000, 0x1000, 0, 4), At(0x3000, 8, 2, 8)});
  EXPECT_EQ(Text(memory, 0x1000, 4), "abcd");
  for (const std::uint64_t at : {0x1004U, 0x1002U, 0x1fffU}) {
    EXPECT_EQ(Text(memory, at, 4), "left out of the core file") << at;
  }
  for (const std::uint64_t at : {0xfffU, 0x2000U, 0x2fffU, 0x4000U}) {
    EXPECT_EQ(Text(memory, at, 2), "not mapped, as far as the core file says") << at;
  }
  EXPECT_EQ(Text(memory, 0x3000, 2), "cd");
  EXPECT_EQ(Text(memory, 0x3000, 4), "behind the end of the core file, which is cut off");
  const auto read = memory.ReadAs<std::uint32_t>(Address(0x1002));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kUnreadable);
  EXPECT_EQ(read.error().address, Address(0x1002));
}

TEST(CoreMemory, ReadsNothingFromAnywhere) {
  const CoreMemory memory(CoreFd(""), 0, {});
  EXPECT_TRUE(memory.Read(Address(0x1000), {}));
  EXPECT_FALSE(memory.ReadAs<char>(Address(0x1000)));
  EXPECT_FALSE(memory.ReadAs<std::uint64_t>(Address(~std::uint64_t{0})));
}

TEST(CoreMemory, ReadsTheLastBytesOfTheAddressSpace) {
  const std::uint64_t last = ~std::uint64_t{0} - 3;
  const CoreMemory memory(CoreFd("abcd"), 4, {At(last - 1, 4, 0, 4)});
  EXPECT_EQ(Text(memory, last - 1, 4), "abcd");
  EXPECT_NE(Text(memory, last, 8), "abcd");
}

TEST(CoreMemory, TakesWhatWasLeftOutFromTheFile) {
  CoreMemory memory(CoreFd("AB"), 2, {At(0x10000, 0x2000, 0, 2), At(0x20000, 0x1000, 1, 0x1000)});
  std::vector<BackingFile> files;
  const std::string content = std::string(0x1000, 'x') + std::string(0x10, 'y');
  files.push_back({CoreFd(content), content.size()});
  // The second starts where nothing is dumped, the third where the core file is cut off.
  memory.BackWith(std::move(files),
                  {{Address(0x10000), 0x3000, 0, 0},
                   {Address(0x30000), 0x1000, 0x1000, 0},
                   {Address(0x20000), 0x1000, 0, 0},
                   {Address(0x40000), 0x1000, 0, 7}},
                  4096);
  EXPECT_EQ(Text(memory, 0x10000, 4), "ABxx");  // what was dumped goes first
  EXPECT_EQ(Text(memory, 0x10ffe, 4), "xxyy");
  // The last page of a file is full of zeros behind its end, and behind that page there is nothing.
  EXPECT_EQ(Text(memory, 0x1100e, 4), std::string("yy\0\0", 4));
  EXPECT_EQ(Text(memory, 0x11ffe, 4), "mapped behind the end of its file");
  EXPECT_EQ(Text(memory, 0x30000, 2), "yy");
  EXPECT_EQ(Text(memory, 0x20000, 1), "B");
  EXPECT_EQ(Text(memory, 0x20001, 1), "behind the end of the core file, which is cut off");
  EXPECT_EQ(Text(memory, 0x40000, 1), "not mapped, as far as the core file says");
}

TEST(CoreMemory, ReadsRangesUpToTheFirstThatFails) {
  const CoreMemory memory(CoreFd("abcdefgh"), 8, {At(0x1000, 8, 0, 8)});
  std::string to(12, '?');
  const std::span bytes = std::as_writable_bytes(std::span(to));
  const MemoryRange first{Address(0x1004), 4};
  const MemoryRange second{Address(0x1000), 2};
  const MemoryRange none{Address(0x5000), 2};
  EXPECT_EQ(memory.ReadRanges(std::vector{first, second}, bytes).value_or(0), 6U);
  EXPECT_EQ(to.substr(0, 6), "efghab");
  EXPECT_EQ(memory.ReadRanges(std::vector{second, none, first}, bytes).value_or(0), 2U);
  const auto nothing = memory.ReadRanges(std::vector{none, first}, bytes);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, ErrorCode::kUnreadable);
  EXPECT_FALSE(memory.ReadRanges(std::vector{first}, bytes.first(2)));
}

}  // namespace
}  // namespace osprey
