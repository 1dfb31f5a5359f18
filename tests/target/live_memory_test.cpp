#include "osprey/target/live_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "target/processes.h"

namespace osprey {
namespace {

Address AddressOf(const void* p) { return Address(reinterpret_cast<std::uintptr_t>(p)); }

// Three pages filled with 'a', 'b', 'c', of which the middle one may be taken away.
class ThreePages {
 public:
  ThreePages() : page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
    void* mapped =
        ::mmap(nullptr, 3 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(mapped, MAP_FAILED);
    bytes_ = static_cast<char*>(mapped);
    for (std::size_t i = 0; i < 3; ++i) std::memset(bytes_ + i * page_, "abc"[i], page_);
  }
  ~ThreePages() { ::munmap(bytes_, 3 * page_); }
  ThreePages(const ThreePages&) = delete;
  ThreePages& operator=(const ThreePages&) = delete;

  void HideMiddle() { EXPECT_EQ(::mprotect(bytes_ + page_, page_, PROT_NONE), 0); }
  Address start() const { return AddressOf(bytes_); }
  std::size_t page() const { return page_; }

 private:
  std::size_t page_;
  char* bytes_ = nullptr;
};

TEST(LiveMemory, ReadsAnotherProcess) {
  static char text[] = "the parent's";
  Pipe ready;
  const Child child = Fork([&] {
    std::strcpy(text, "the child's");
    if (::write(ready.write_end.get(), "!", 1) != 1) return;
    while (true) ::pause();
  });
  char byte;
  ASSERT_EQ(::read(ready.read_end.get(), &byte, 1), 1);
  EXPECT_EQ(ReadCString(LiveMemory(child.pid()), AddressOf(text), 100).value_or("?"),
            "the child's");
  EXPECT_STREQ(text, "the parent's");
}

TEST(LiveMemory, ReadsNothingFromAnywhere) {
  EXPECT_TRUE(LiveMemory(::getpid()).Read(Address(8), {}));
  EXPECT_EQ(LiveMemory(::getpid()).ReadRanges({}, {}).value_or(1), 0u);
}

TEST(LiveMemory, AReadOverAHoleFailsWithItsAddress) {
  ThreePages pages;
  const LiveMemory memory(::getpid());
  std::vector<std::byte> buffer(3 * pages.page());
  EXPECT_TRUE(memory.Read(pages.start(), buffer));
  pages.HideMiddle();
  const auto read = memory.Read(pages.start(), buffer);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kUnreadable);
  EXPECT_EQ(read.error().address, pages.start());
  EXPECT_EQ(memory.Read(Address(8), buffer).error().code, ErrorCode::kUnreadable);
}

TEST(LiveMemory, RangesComeInTheirOrder) {
  const ThreePages pages;
  const std::vector<MemoryRange> ranges{{pages.start() + 2 * pages.page(), 2},
                                        {pages.start(), 3},
                                        {pages.start() + pages.page(), 0},
                                        {pages.start() + pages.page() - 1, 2}};
  std::string text(7, '?');
  const auto got =
      LiveMemory(::getpid()).ReadRanges(ranges, std::as_writable_bytes(std::span(text)));
  EXPECT_EQ(got.value_or(0), 7u);
  EXPECT_EQ(text, "ccaaaab");
}

TEST(LiveMemory, RangesStopAtAHole) {
  ThreePages pages;
  pages.HideMiddle();
  const std::size_t page = pages.page();
  const LiveMemory memory(::getpid());
  std::vector<std::byte> buffer(3 * page, std::byte{0});
  const std::vector<MemoryRange> apart{
      {pages.start(), page}, {pages.start() + page, page}, {pages.start() + 2 * page, page}};
  EXPECT_EQ(memory.ReadRanges(apart, buffer).value_or(0), page);
  EXPECT_EQ(buffer[page - 1], std::byte{'a'});
  EXPECT_EQ(buffer[page], std::byte{0});

  const MemoryRange across{pages.start(), 3 * page};
  EXPECT_EQ(memory.ReadRanges(std::span(&across, 1), buffer).value_or(0), page);

  const auto none = memory.ReadRanges(std::span(apart).subspan(1), buffer);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kUnreadable);
  EXPECT_EQ(none.error().address, pages.start() + page);
}

TEST(LiveMemory, NeverWritesBeyondTheBuffer) {
  const ThreePages pages;
  std::string text(10, '?');
  const MemoryRange range{pages.start(), 100};
  const auto got =
      LiveMemory(::getpid())
          .ReadRanges(std::span(&range, 1), std::as_writable_bytes(std::span(text)).first(4));
  EXPECT_EQ(got.value_or(0), 4u);
  EXPECT_EQ(text, "aaaa??????");
}

TEST(LiveMemory, TakesUpTo1024Ranges) {
  const ThreePages pages;
  std::vector<MemoryRange> ranges(1024, MemoryRange{pages.start(), 1});
  std::vector<std::byte> buffer(1025);
  const LiveMemory memory(::getpid());
  EXPECT_EQ(memory.ReadRanges(ranges, buffer).value_or(0), 1024u);
  ranges.push_back(ranges[0]);
  EXPECT_EQ(memory.ReadRanges(ranges, buffer).error().code, ErrorCode::kInvalidArgument);
}

TEST(LiveMemory, AGoneProcessIsNoSuchProcess) {
  static int word = 1;
  Child child = ForkIdle();
  const LiveMemory memory(child.pid());
  EXPECT_TRUE(memory.ReadAs<int>(AddressOf(&word)));
  child.Kill();
  EXPECT_EQ(memory.ReadAs<int>(AddressOf(&word)).error().code, ErrorCode::kNoSuchProcess);
  child.Reap();
  const auto read = memory.ReadAs<int>(AddressOf(&word));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kNoSuchProcess);
}

TEST(LiveMemory, ARefusalIsNotPermitted) {
  static int word = 1;
  const pid_t stranger = ::geteuid() == 0 ? ::getpid() : 1;
  const std::string answer = AskWithoutRights([stranger] {
    const auto read = LiveMemory(stranger).ReadAs<int>(AddressOf(&word));
    if (read) return std::string("it could be read");
    return std::string(read.error().code == ErrorCode::kNotPermitted ? "not permitted" : "other");
  });
  EXPECT_EQ(answer, "not permitted");
}

}  // namespace
}  // namespace osprey
