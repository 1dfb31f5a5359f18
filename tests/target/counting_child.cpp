#include "target/counting_child.h"

#include <signal.h>

#include <array>
#include <thread>

#include "target/proc_file.h"
#include "target/proc_stat.h"

namespace osprey {
namespace {

#if defined(__aarch64__)
constexpr std::array<std::size_t, 3> kPlaces = {19, 28, 9};
#else
constexpr std::array<std::size_t, 3> kPlaces = {5, 0, 13};  // in struct user_regs_struct
#endif

}  // namespace

[[gnu::noinline]] void SpinWithKnownRegisters() {
#if defined(__aarch64__)
  asm volatile(
      "mov x19, #0x1234\n mov x28, #0x5678\n mov x9, #0x9abc\n"
      "1: yield\n b 1b" ::
          : "x9", "x19", "x28");
#else
  asm volatile(
      "mov $0x1234, %%rbx\n mov $0x5678, %%r15\n mov $0x9abc, %%rsi\n"
      "1: pause\n jmp 1b" ::
          : "rbx", "rsi", "r15");
#endif
}

bool AreTheKnown(const Registers& registers) {
  const Address start(reinterpret_cast<std::uint64_t>(&SpinWithKnownRegisters));
  const auto& general = registers.general;
  return registers.instruction_pointer - start < 128 && general[kPlaces[0]] == 0x1234 &&
         general[kPlaces[1]] == 0x5678 && general[kPlaces[2]] == 0x9abc;
}

Child ForkCounting(Counters& counters, int count) {
  return Fork([&counters, count] {
    const auto work = [&counters] {
      ++counters.ready;
      while (true) ++counters.turns;
    };
    for (int i = 1; i < count; ++i) std::thread(work).detach();
    work();
  });
}

Child ForkCountingSignals(Counters& counters) {
  return Fork([&counters] {
    static std::atomic<std::uint64_t>* count;
    count = &counters.signals;
    struct sigaction action {};
    action.sa_handler = [](int) { ++*count; };
    ::sigaction(SIGRTMIN, &action, nullptr);
    ++counters.ready;
    while (true) ++counters.turns;
  });
}

char StateOf(pid_t pid) {
  const auto stat = ReadProcessStat(pid);
  return stat ? stat->state : '?';
}

std::string States(pid_t pid) {
  std::string states;
  for (const pid_t tid : ReadTaskIds(pid)) {
    if (const auto stat = ReadThreadStat(pid, tid)) states += stat->state;
  }
  return states;
}

bool IsTraced(pid_t pid) {
  for (const pid_t tid : ReadTaskIds(pid)) {
    const auto status = ReadThreadStatus(pid, tid);
    if (status && status->tracer != 0) return true;
  }
  return false;
}

std::size_t ThreadsOf(pid_t pid) { return ReadTaskIds(pid).size(); }
std::string AllStopped(pid_t pid) { return std::string(ThreadsOf(pid), 't'); }

bool IsStopped(pid_t pid) { return States(pid) == std::string(ThreadsOf(pid), 'T'); }

void ExpectGoesOn(pid_t pid) {
  EXPECT_FALSE(IsTraced(pid));
  EXPECT_TRUE(WaitUntil([&] { return States(pid).find_first_of("tT") == std::string::npos; }));
}

}  // namespace osprey
