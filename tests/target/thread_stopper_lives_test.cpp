// What a ThreadStopper does to processes whose threads begin, execute and end all the time, and
// what is left when it is killed itself.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <new>
#include <random>
#include <thread>

#include "osprey/target/thread_stopper.h"
#include "target/child_search.h"
#include "target/counting_child.h"
#include "target/proc_file.h"
#include "target/processes.h"

namespace osprey {
namespace {

void Spin(std::chrono::microseconds time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) continue;
}

TEST(ThreadStopper, LosesNoThreadThatComesOrGoes) {
  const Shared<Counters> counters;
  const Child child = Fork([&] {
    const auto breed = [&] {
      while (true) std::thread([&] { ++counters->born; }).join();
    };
    std::thread(breed).detach();
    breed();
  });
  ThreadStopper stopper;
  int stopped = 0;
  int gone = 0;
  while (stopped < 1000) {
    for (const pid_t tid : ReadTaskIds(child.pid())) {
      const auto stood = stopper.Stop(
          child.pid(), tid, [](const Registers&) {}, std::chrono::seconds(20));
      if (stood) {
        ++stopped;
      } else {
        ASSERT_EQ(stood.error().code, ErrorCode::kNoSuchProcess) << stood.error().Message();
        ++gone;
      }
    }
  }
  std::printf("%d stopped, %d gone\n", stopped, gone);
  const std::uint64_t born = counters->born;
  EXPECT_TRUE(WaitUntil([&] { return counters->born > born + 10; }));
  EXPECT_TRUE(WaitUntil([&] { return !IsTraced(child.pid()); }));
  ExpectGoesOn(child.pid());
}

// A loop without any effect need not be there (C++20, [intro.progress]).
[[noreturn]] void RunForEver() {
  for (volatile unsigned int turns = 0;;) turns = turns + 1;
}

// The ways in which a process ends that has two threads; all with status 0.
[[noreturn]] void LiveBriefly(unsigned int way) {
  const auto end = [way] {
    Spin(std::chrono::microseconds(100 + way * 7 % 400));
    if (way % 2 == 0) ::execl("/bin/true", "true", nullptr);
    ::_exit(0);
  };
  if (way % 8 < 2) {  // the leader is still there
    std::thread(end).detach();
    RunForEver();
  }
  if (way % 8 < 4) {  // the leader has ended before
    std::thread(end).detach();
    ::syscall(SYS_exit, 0);
  }
  if (way % 8 < 6) {  // a thread runs when the leader does it
    std::thread([] { RunForEver(); }).detach();
  }
  end();
  ::_exit(1);
}

TEST(ThreadStopper, LeavesNobodyStoppedWhoForksExecutesAndEnds) {
  if (kHasOddChildren) GTEST_SKIP() << "not with the thread sanitizer's children";
  const Shared<Counters> counters;
  const Child child = Fork([&] {
    for (unsigned int way = 0;; ++way) {
      const pid_t grandchild = ::fork();
      if (grandchild == 0) LiveBriefly(way);
      int status = 0;
      if (::waitpid(grandchild, &status, 0) != grandchild) return;
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) ++counters->signals;
      ++counters->born;
    }
  });
  ThreadStopper stopper;
  int stopped = 0;
  int gone = 0;
  int late = 0;
  const auto look = [&](pid_t pid) {
    for (const pid_t tid : ReadTaskIds(pid)) {
      const auto stood = stopper.Stop(pid, tid, [](const Registers&) {});
      if (stood) {
        ++stopped;
      } else if (stood.error().code == ErrorCode::kTimeout) {
        ++late;
      } else {
        ++gone;
      }
    }
  };
  const auto end = Clock::now() + std::chrono::seconds(2);
  while (Clock::now() < end) {
    look(child.pid());
    const std::uint64_t born = counters->born;
    for (int turn = 0; turn < 10 && counters->born == born; ++turn) {
      for (const pid_t pid : ChildrenOf(child.pid())) look(pid);
    }
  }
  std::printf("%d stopped, %d gone, %d late, %d processes\n", stopped, gone, late,
              static_cast<int>(counters->born));
  EXPECT_GT(stopped, 0);
  // Each of them must have gone on: its parent waits for it.
  const std::uint64_t born = counters->born;
  EXPECT_TRUE(WaitUntil([&] { return counters->born > born + 20; }));
  EXPECT_EQ(counters->signals, 0U);
  ExpectGoesOn(child.pid());
}

struct Turns {
  std::array<std::atomic<std::uint64_t>, 2> turns{};
  std::atomic<std::uint64_t> stops{0};
};

TEST(ThreadStopper, KilledAtAnyMomentLeavesNobodyStopped) {
  const Shared<Turns> shared;
  const Child child = Fork([&] {
    const auto work = [&](std::size_t which) {
      while (true) ++shared->turns[which];
    };
    std::thread(work, 1).detach();
    work(0);
  });
  ASSERT_TRUE(WaitUntil([&] { return shared->turns[0] > 0 && shared->turns[1] > 0; }));
  const auto ids = ReadTaskIds(child.pid());
  std::minstd_rand random(1);
  int found_traced = 0;
  for (int turn = 0; turn < 200; ++turn) {
    const std::uint64_t stops = shared->stops;
    Child killed = Fork([&] {
      ThreadStopper stopper;
      while (true) {
        for (const pid_t tid : ids) {
          // A look that takes its time, so that many are killed in the middle of one.
          if (stopper.Stop(child.pid(), tid,
                           [](const Registers&) { Spin(std::chrono::microseconds(30)); })) {
            ++shared->stops;
          }
        }
      }
    });
    ASSERT_TRUE(WaitUntil([&] { return shared->stops > stops; }));
    Spin(std::chrono::microseconds(random() % 2000));
    ASSERT_EQ(::kill(killed.pid(), SIGKILL), 0);
    if (IsTraced(child.pid())) ++found_traced;
    killed.Reap();
    ASSERT_FALSE(IsTraced(child.pid()));
    const std::string states = States(child.pid());
    ASSERT_EQ(states.find_first_of("tT"), std::string::npos) << states;
    for (auto& count : shared->turns) {
      const std::uint64_t before = count;
      ASSERT_TRUE(WaitUntil([&] { return count > before; }));
    }
  }
  std::printf("%llu stops, %d of 200 killed while they traced\n",
              static_cast<unsigned long long>(shared->stops), found_traced);
}

}  // namespace
}  // namespace osprey
