#include "osprey/target/thread_activity.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "target/processes.h"

namespace osprey {
namespace {

TEST(ParseSyscall, KnowsItsThreeForms) {
  const auto running = ParseSyscall("running\n");
  ASSERT_TRUE(running);
  EXPECT_TRUE(running->on_cpu);
  EXPECT_EQ(running->system_call, -1);
  EXPECT_FALSE(BlockedRegisters(*running));

  const auto waiting = ParseSyscall("202 0x7f01 0x189 0x0 0x0 0x0 0xffffffff 0x7ffd 0x7f9a\n");
  ASSERT_TRUE(waiting);
  EXPECT_FALSE(waiting->on_cpu);
  EXPECT_EQ(waiting->system_call, 202);
  EXPECT_EQ(waiting->first_argument, Address(0x7f01));
  const auto registers = BlockedRegisters(*waiting);
  ASSERT_TRUE(registers);
  EXPECT_EQ(registers->stack_pointer, Address(0x7ffd));
  EXPECT_EQ(registers->instruction_pointer, Address(0x7f9a));
  EXPECT_TRUE(registers->frame_pointer.IsNull());
  EXPECT_EQ(registers->general.size(), Registers::CountOn(OwnMachine()));

  const auto blocked = ParseSyscall("-1 0x7ffd 0x7f9a\n");
  ASSERT_TRUE(blocked);
  EXPECT_FALSE(blocked->on_cpu);
  EXPECT_EQ(blocked->system_call, -1);
  EXPECT_TRUE(blocked->first_argument.IsNull());
  EXPECT_EQ(BlockedRegisters(*blocked)->stack_pointer, Address(0x7ffd));
}

TEST(ParseSyscall, RefusesAnythingElse) {
  for (const char* text : {"", "\n", "run", "running 1\n", "0x1", "202\n", "202 0x1 0x2\n", "-1\n",
                           "-1 0x1\n", "-1 0x1 0x2 0x3\n", "202 1 2 3 4 5 6 7 8\n",
                           "202 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x10000000000000000\n",
                           "99999999999999999999 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8\n"}) {
    const auto activity = ParseSyscall(text);
    ASSERT_FALSE(activity) << text;
    EXPECT_EQ(activity.error().code, ErrorCode::kMalformed);
  }
}

TEST(ParseStat, SaysWhetherItRuns) {
  const std::string rest = " 1 1 1 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 77 100 5 9 1 2 3 0\n";
  EXPECT_TRUE(ParseStat("7 (a) S) R" + rest)->on_cpu);
  EXPECT_FALSE(ParseStat("7 (a) R) S" + rest)->on_cpu);
  EXPECT_FALSE(ParseStat("7 (a) R"));
}

class LiveThreadActivity : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/proc/self/syscall")) {
      GTEST_SKIP() << "this kernel has no /proc/PID/syscall";
    }
  }
};

TEST_F(LiveThreadActivity, SeesTheSystemCallAndItsArgument) {
  Pipe pipe;
  const int fd = pipe.read_end.get();
  const Child child = Fork([fd] {
    char byte;
    [[maybe_unused]] const ssize_t got = ::read(fd, &byte, 1);
  });
  auto reader = ThreadActivityReader::Open(child.pid(), child.pid());
  ASSERT_TRUE(reader) << reader.error().Message();
  EXPECT_TRUE(WaitUntil([&] {
    const auto activity = reader->Read();
    return activity && !activity->on_cpu && activity->system_call == SYS_read &&
           activity->first_argument == Address(static_cast<std::uint64_t>(fd));
  }));
}

TEST_F(LiveThreadActivity, SeesAThreadThatComputes) {
  const Child child = Fork([] {
    // A loop without any effect could be left out by the compiler.
    for (volatile bool stay = true; stay;) {
    }
  });
  auto reader = ThreadActivityReader::Open(child.pid(), child.pid());
  ASSERT_TRUE(reader);
  EXPECT_TRUE(WaitUntil([&] {
    const auto activity = reader->Read();
    return activity && activity->on_cpu;
  }));
}

TEST(ThreadActivityReader, AGoneThreadIsNoSuchProcess) {
  Child child = ForkIdle();
  const pid_t pid = child.pid();
  auto reader = ThreadActivityReader::Open(pid, pid);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->Read());
  child.Reap();
  EXPECT_EQ(reader->Read().error().code, ErrorCode::kNoSuchProcess);
  EXPECT_EQ(ThreadActivityReader::Open(pid, pid).error().code, ErrorCode::kNoSuchProcess);
}

}  // namespace
}  // namespace osprey
