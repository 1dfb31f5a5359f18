#include "osprey/target/thread_facts.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "osprey/target/system_call_name.h"
#include "target/processes.h"

namespace osprey {
namespace {

using std::chrono::milliseconds;

pid_t OwnTid() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

TEST(ParseExecStart, TakesMillisecondsAndNanoseconds) {
  const auto parsed = ParseExecStart(
      "a name (12697, #threads: 1)\n-----\n"
      "se.exec_start                                :      51892889.794841\n"
      "se.vruntime                                  :           277.979818\n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->count(), 51892889794841);
}

TEST(ParseExecStart, RefusesAnythingElse) {
  for (const char* text :
       {"", "se.exec_start", "se.exec_start : 12\n", "se.exec_start : 12.5\n",
        "se.exec_start : -1.000000\n", "se.exec_start : 1.-00001\n", "se.exec_start : x.000000\n",
        "se.exec_start 12.000000\n", "se.exec_start : 99999999999999999999.000000\n",
        "se.exec_start : 9223372036854775807.000000\n", "se.exec_start : 0.000000\n",
        "se.vruntime : 277.979818\n"}) {
    EXPECT_FALSE(ParseExecStart(text)) << text;
  }
}

// A thread of this process that waits for the end of the test.
class Waiter {
 public:
  Waiter() {
    thread_ = std::thread([this] {
      ::prctl(PR_SET_NAME, "a) name\n");
      tid_ = OwnTid();
      char byte;
      [[maybe_unused]] const ssize_t got = ::read(pipe_.read_end.get(), &byte, 1);
    });
    EXPECT_TRUE(WaitUntil([this] {
      const auto facts = tid_ != 0 ? ReadThreadFacts(::getpid(), tid_) : ReadThreadFacts(0, 0);
      return facts && facts->state == 'S' && facts->activity.system_call != -1;
    }));
  }
  ~Waiter() {
    pipe_.write_end.Reset();
    thread_.join();
  }
  pid_t tid() const { return tid_; }

 private:
  Pipe pipe_;
  std::atomic<pid_t> tid_{0};
  std::thread thread_;
};

TEST(ThreadFacts, TellOfAThreadThatSleeps) {
  if (!std::filesystem::exists("/proc/self/syscall")) GTEST_SKIP() << "no /proc/PID/syscall";
  const Waiter waiter;
  const auto facts = ReadThreadFacts(::getpid(), waiter.tid());
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->tid, waiter.tid());
  EXPECT_EQ(facts->name, "a) name\n");
  EXPECT_EQ(facts->state, 'S');
  EXPECT_EQ(facts->activity.system_call, SYS_read);
}

TEST(ThreadFacts, TellOfAThreadThatRuns) {
  const Child child = Fork([] {
    while (true) Clock::now();
  });
  const auto asks = [&] { return ReadThreadFacts(child.pid(), child.pid()); };
  ASSERT_TRUE(WaitUntil([&] {
    const auto facts = asks();
    return facts && facts->activity.on_cpu;
  }));
  const auto facts = asks();
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->state, 'R');
  EXPECT_FALSE(facts->asleep_for);
}

// What interrupts and other guests of the host have taken of all processors since boot: the
// scheduler's clocks leave it out.
Duration TimeTaken() {
  std::ifstream file("/proc/stat");
  std::string word;
  std::int64_t user, nice, system, idle, iowait, irq, softirq, steal;
  file >> word >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  return std::chrono::nanoseconds((irq + softirq + steal) * 1000000000 / ::sysconf(_SC_CLK_TCK));
}

TEST(ThreadFacts, TellHowLongItHasSlept) {
  if (!std::filesystem::exists("/proc/self/sched")) GTEST_SKIP() << "no /proc/PID/sched";
  const auto before = std::chrono::steady_clock::now();
  const Duration taken_before = TimeTaken();
  const Waiter waiter;
  const auto begin = std::chrono::steady_clock::now();
  for (const int wait : {20, 100, 300}) {
    std::this_thread::sleep_for(milliseconds(wait));
    const auto least = std::chrono::steady_clock::now() - begin;
    const auto facts = ReadThreadFacts(::getpid(), waiter.tid());
    const auto most = std::chrono::steady_clock::now() - before;
    ASSERT_TRUE(facts && facts->asleep_for);
    std::printf("slept %.3f to %.3f ms, told %.3f ms\n", Seconds(least) * 1e3, Seconds(most) * 1e3,
                Seconds(*facts->asleep_for) * 1e3);
    // Counted in clock ticks of each processor.
    const Duration taken = TimeTaken() - taken_before + milliseconds(20);
    EXPECT_GE(*facts->asleep_for, least - taken - milliseconds(2));
    EXPECT_LE(*facts->asleep_for, most + milliseconds(2));
  }
}

TEST(ThreadFacts, AThreadThatWakesOftenHasNotSleptForLong) {
  if (!std::filesystem::exists("/proc/self/sched")) GTEST_SKIP() << "no /proc/PID/sched";
  std::atomic<pid_t> tid{0};
  std::atomic<bool> is_over{false};
  std::atomic<TimePoint::rep> fell_asleep{0};
  std::thread thread([&] {
    tid = OwnTid();
    while (!is_over) {
      fell_asleep = Clock::now().time_since_epoch().count();
      std::this_thread::sleep_for(milliseconds(2));
    }
  });
  ASSERT_TRUE(WaitUntil([&] { return tid != 0; }));
  int told = 0;
  EXPECT_TRUE(WaitUntil([&] {
    const auto then = fell_asleep.load();
    const auto facts = ReadThreadFacts(::getpid(), tid);
    const auto now = Clock::now().time_since_epoch().count();
    if (!facts || !facts->asleep_for || fell_asleep != then) return false;
    // It has slept since it said so last, whatever the machine does to it.
    EXPECT_LE(facts->asleep_for->count(), now - then + 2000000);
    return ++told == 20;  // on a busy machine it hardly ever sleeps through a whole look
  }));
  is_over = true;
  thread.join();
}

TEST(ThreadFacts, LeaveUsOnTheProcessorsThatWeHad) {
  cpu_set_t before;
  cpu_set_t after;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  const Waiter waiter;
  ASSERT_TRUE(ReadThreadFacts(::getpid(), waiter.tid()));
  ASSERT_EQ(::sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST(ThreadFacts, AreNoneForWhoIsGone) {
  const auto gone = ReadThreadFacts(::getpid(), 0);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kNoSuchProcess);
}

TEST(SystemCallName, KnowsThoseOfBothMachines) {
  EXPECT_EQ(SystemCallName(Machine::kX64, 202), "futex");
  EXPECT_EQ(SystemCallName(Machine::kX64, 232), "epoll_wait");
  EXPECT_EQ(SystemCallName(Machine::kX64, 0), "read");
  EXPECT_EQ(SystemCallName(Machine::kAarch64, 98), "futex");
  EXPECT_EQ(SystemCallName(Machine::kAarch64, 63), "read");
  EXPECT_EQ(SystemCallName(OwnMachine(), SYS_futex), "futex");
  for (const std::int64_t none : {std::int64_t{-1}, std::int64_t{100000}, std::int64_t{1} << 40}) {
    EXPECT_EQ(SystemCallName(Machine::kX64, none), "");
  }
}

}  // namespace
}  // namespace osprey
