#include "osprey/target/perf_samples.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <thread>

#include "osprey/target/live_memory.h"
#include "osprey/target/memory_map.h"
#include "target/counting_child.h"
#include "target/proc_file.h"
#include "target/processes.h"

namespace osprey {
namespace {

class Perf : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto allowed = PerfSamples::Probe(::getpid()); !allowed) {
      GTEST_SKIP() << allowed.error().Message();
    }
  }
};

// How many samples of each thread there were once `is_enough`.
std::map<pid_t, int> Collect(PerfSamples& samples,
                             const std::function<bool(const std::map<pid_t, int>&)>& is_enough) {
  std::map<pid_t, int> counts;
  EXPECT_TRUE(WaitUntil([&] {
    samples.Read([&](const PerfSample& sample) { ++counts[sample.tid]; });
    return is_enough(counts);
  }));
  return counts;
}

TEST_F(Perf, GivesTheRegistersAndTheStackOfWhatRuns) {
  const Child child = Fork([] {
    volatile std::uint64_t mark[512];
    for (std::size_t i = 0; i < 512; ++i) mark[i] = 0xFEEDF00D + i;
    SpinWithKnownRegisters();
    mark[0] = mark[1];
  });
  const TimePoint begin = Clock::now();
  auto samples = PerfSamples::Open(child.pid(), {});
  ASSERT_TRUE(samples) << samples.error().Message();
  const auto map = MemoryMap::Read(child.pid());
  const LiveMemory memory(child.pid());
  ASSERT_TRUE(map);
  int known = 0;
  EXPECT_TRUE(WaitUntil([&] {
    samples->Read([&](const PerfSample& sample) {
      EXPECT_EQ(sample.pid, child.pid());
      EXPECT_EQ(sample.tid, child.pid());
      EXPECT_GE(sample.time, begin);
      EXPECT_LE(sample.time, Clock::now());
      if (!AreTheKnown(sample.registers)) return;
      ++known;
      const Mapping* stack = map->Find(sample.registers.stack_pointer);
      ASSERT_NE(stack, nullptr);
      // As much as there is up to the end of the stack, and the same bytes that are still there.
      EXPECT_GE(sample.stack.size(), 512 * sizeof(std::uint64_t));
      EXPECT_LE(sample.stack.size(), stack->end - sample.registers.stack_pointer);
      std::vector<std::byte> now(sample.stack.size());
      ASSERT_TRUE(memory.Read(sample.registers.stack_pointer, now));
      EXPECT_EQ(std::memcmp(now.data(), sample.stack.data(), now.size()), 0);
    });
    return known >= 100;
  }));
  EXPECT_EQ(samples->strange(), 0U);
  EXPECT_EQ(StateOf(child.pid()), 'R');
  EXPECT_FALSE(IsTraced(child.pid()));
}

TEST_F(Perf, SamplesEveryThreadAndThoseThatAreBorn) {
  const Shared<Counters> counters;
  const Pipe go;
  const Child child = Fork([&] {
    const auto work = [&] {
      ++counters->ready;
      while (true) ++counters->turns;
    };
    for (int i = 0; i < 2; ++i) std::thread(work).detach();
    char byte;
    if (::read(go.read_end.get(), &byte, 1) != 1) return;
    std::thread(work).detach();
    while (true) ::pause();
  });
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 2; }));
  const std::size_t before = ThreadsOf(child.pid());
  auto samples = PerfSamples::Open(child.pid(), {});
  ASSERT_TRUE(samples) << samples.error().Message();
  Collect(*samples, [](const auto& counts) { return counts.size() >= 2; });
  ASSERT_EQ(::write(go.write_end.get(), "x", 1), 1);
  ASSERT_TRUE(WaitUntil([&] { return ThreadsOf(child.pid()) == before + 1; }));
  const auto ids = ReadTaskIds(child.pid());
  const auto counts = Collect(*samples, [&](const auto& seen) {
    const auto born = seen.find(ids.back());
    return born != seen.end() && born->second > 10;
  });
  EXPECT_GE(counts.size(), 1U);
}

// Whoever is there when the events are opened is counted once, however many are born just then.
TEST_F(Perf, CountsTheTimeThatThreadsRun) {
  const Shared<Counters> counters;
  const Child child = Fork([&] {
    const auto live = [&] {
      const TimePoint end = Clock::now() + std::chrono::milliseconds(5);
      while (Clock::now() < end) continue;
      ++counters->born;
    };
    const auto work = [&] {
      ++counters->ready;
      while (true) std::thread(live).join();
    };
    std::thread(work).detach();
    work();
  });
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 2 && counters->born > 2; }));
  PerfSamples::Options options;
  options.stack_bytes = 1024;
  auto samples = PerfSamples::Open(child.pid(), options);
  ASSERT_TRUE(samples) << samples.error().Message();
  samples->Read(nullptr);
  const auto used = [&] {
    timespec time{};
    clockid_t clock{};
    ::clock_getcpuclockid(child.pid(), &clock);
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  const double begin = used();
  std::uint64_t count = 0;
  ASSERT_TRUE(WaitUntil([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    samples->Read([&](const PerfSample&) { ++count; });
    return used() > begin + 0.5;
  }));
  const double expected = (used() - begin) * options.rate_hz;
  const double all = static_cast<double>(count + samples->lost());
  std::printf("%.0f samples (%llu lost) of %.0f\n", all,
              static_cast<unsigned long long>(samples->lost()), expected);
  // What a thread runs after its last sample is lost with it: half a period on the average.
  EXPECT_LT(all, 1.1 * expected);
  EXPECT_GT(all, 0.7 * expected);
}

TEST_F(Perf, SeesThreadsInTheKernelWhereThatIsPermitted) {
  const Child child = Fork([] {
    const int zero = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
    static std::array<char, 1 << 20> buffer;
    while (::read(zero, buffer.data(), buffer.size()) > 0) continue;
  });
  auto samples = PerfSamples::Open(child.pid(), {});
  ASSERT_TRUE(samples) << samples.error().Message();
  if (!samples->sees_kernel()) GTEST_SKIP() << "perf_event_paranoid permits user mode alone";
  Collect(*samples,
          [](const auto& counts) { return !counts.empty() && counts.begin()->second > 50; });
}

TEST_F(Perf, SaysWhatWasLost) {
  const Child child = Fork(SpinWithKnownRegisters);
  PerfSamples::Options options;
  options.rate_hz = 5000;
  options.ring_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) * 4;
  options.stack_bytes = 4096;
  auto samples = PerfSamples::Open(child.pid(), options);
  ASSERT_TRUE(samples) << samples.error().Message();
  EXPECT_TRUE(WaitUntil([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    samples->Read(nullptr);
    return samples->lost() > 10;
  }));
}

TEST_F(Perf, EndsWithTheProcess) {
  Child child = Fork(SpinWithKnownRegisters);
  auto samples = PerfSamples::Open(child.pid(), {});
  ASSERT_TRUE(samples) << samples.error().Message();
  const pid_t pid = child.pid();
  child.Reap();
  samples->Read([](const PerfSample&) {});
  for (const pid_t gone : {pid, -1}) {
    const auto none = PerfSamples::Open(gone, {});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::kNoSuchProcess) << none.error().Message();
  }
}

TEST_F(Perf, SaysWhatIsOutOfBounds) {
  PerfSamples::Options options;
  for (const double rate : {0.0, -1.0, 1e6}) {
    options.rate_hz = rate;
    EXPECT_EQ(PerfSamples::Open(::getpid(), options).error().code, ErrorCode::kInvalidArgument);
  }
  options = {};
  for (const std::uint32_t size : {4U, 1U << 20U}) {
    options.stack_bytes = size;
    EXPECT_EQ(PerfSamples::Open(::getpid(), options).error().code, ErrorCode::kInvalidArgument);
  }
}

TEST_F(Perf, SaysWhenItIsNotPermitted) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a process of somebody else";
  const Child child = ForkIdle();
  const std::string answer = AskWithoutRights([&] {
    const auto allowed = PerfSamples::Probe(child.pid());
    return allowed ? std::string("permitted") : allowed.error().context;
  });
  EXPECT_NE(answer.find("not permitted"), std::string::npos) << answer;
}

}  // namespace
}  // namespace osprey
