#include "osprey/target/process_usage.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace osprey {
namespace {

// Fields 3 to 24 as the kernel writes them; 10 is 1234, 12 is 5, 14 is 250, 15 is 31, 22 is 98765.
constexpr const char* kStat =
    "42 (a ) b (c)) S 1 42 42 0 -1 4194560 1234 99 5 7 250 31 88 89 20 0 3 0 98765 1000 77 "
    "18446744";

TEST(ProcessUsage, ReadsTheFieldsOfStat) {
  ProcessMetrics metrics;
  ASSERT_TRUE(ParseUsageStat(kStat, 100, metrics));
  EXPECT_EQ(metrics.minor_faults, 1234U);
  EXPECT_EQ(metrics.major_faults, 5U);
  EXPECT_DOUBLE_EQ(*metrics.user_s, 2.5);
  EXPECT_DOUBLE_EQ(*metrics.system_s, 0.31);
  EXPECT_EQ(metrics.start_time, 98765U);
}

TEST(ProcessUsage, RefusesAStatThatIsNone) {
  for (const char* text : {"", "42 (a", "42 (a)", "42 (a) S 1 42", "42 (a) S 1 2 3 4 5 6 x 8 9"}) {
    ProcessMetrics metrics;
    const auto parsed = ParseUsageStat(text, 100, metrics);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kMalformed);
  }
}

TEST(ProcessUsage, AZombieIsNoProcess) {
  ProcessMetrics metrics;
  const auto parsed = ParseUsageStat("42 (a) Z 1 42 42 0", 100, metrics);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, ErrorCode::kNoSuchProcess);
}

TEST(ProcessUsage, ReadsTheResidentPages) {
  ProcessMetrics metrics;
  ASSERT_TRUE(ParseUsageStatm("5000 1200 300 1 0 900 0\n", 4096, metrics));
  EXPECT_EQ(metrics.resident_bytes, 1200U * 4096);
  EXPECT_FALSE(ParseUsageStatm("5000\n", 4096, metrics));
  EXPECT_FALSE(ParseUsageStatm("", 4096, metrics));
}

TEST(ProcessUsage, ReadsTheBytesOfIo) {
  ProcessMetrics metrics;
  ASSERT_TRUE(ParseUsageIo("rchar: 123\nwchar: 45\nsyscr: 6\nread_bytes: 0\n", metrics));
  EXPECT_EQ(metrics.read_bytes, 123U);
  EXPECT_EQ(metrics.written_bytes, 45U);
}

TEST(ProcessUsage, AnIoFileWithoutOneFigureGivesNone) {
  ProcessMetrics metrics;
  EXPECT_FALSE(ParseUsageIo("rchar: 123\n", metrics));
  EXPECT_FALSE(ParseUsageIo("rchar: x\nwchar: 1\n", metrics));
  EXPECT_FALSE(metrics.read_bytes);
  EXPECT_FALSE(metrics.written_bytes);
}

TEST(ProcessUsage, CountsWhatThisProcessDoes) {
  const auto before = ReadProcessUsage(::getpid());
  ASSERT_TRUE(before);
  ASSERT_TRUE(before->resident_bytes && before->read_bytes && before->minor_faults);
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  std::vector<char> memory(kBytes, 'x');
  const int fd = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  for (int i = 0; i < 10; ++i) ASSERT_EQ(::read(fd, memory.data(), 1 << 20), 1 << 20);
  ::close(fd);
  const auto after = ReadProcessUsage(::getpid());
  ASSERT_TRUE(after);
  EXPECT_GE(*after->resident_bytes, kBytes);
  EXPECT_GE(*after->read_bytes - *before->read_bytes, std::uint64_t{10} << 20);
  EXPECT_GT(*after->minor_faults, *before->minor_faults);
  EXPECT_GE(*after->user_s + *after->system_s, *before->user_s + *before->system_s);
  EXPECT_EQ(after->start_time, before->start_time);
}

TEST(ProcessUsage, ThereIsNoneOfAProcessThatIsGone) {
  constexpr pid_t kNobody = 0x3FFFFFFF;  // above the largest pid_max, 2^22 (proc(5))
  const auto usage = ReadProcessUsage(kNobody);
  ASSERT_FALSE(usage);
  EXPECT_EQ(usage.error().code, ErrorCode::kNoSuchProcess);
}

}  // namespace
}  // namespace osprey
