#include "target/counting_child.h"

#include <signal.h>

#include <thread>

#include "target/proc_file.h"
#include "target/proc_stat.h"

namespace osprey {

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
