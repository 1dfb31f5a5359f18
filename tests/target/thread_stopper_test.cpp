#include "osprey/target/thread_stopper.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <new>
#include <stdexcept>
#include <thread>

#include "osprey/target/launched_process.h"
#include "osprey/target/memory_map.h"
#include "target/counting_child.h"
#include "target/processes.h"

namespace osprey {
namespace {

// The machine may be busy.
constexpr Duration kLong = std::chrono::seconds(20);

void LookAtNothing(const Registers&) {}

// The main thread of a process.
Result<Duration> Stop(ThreadStopper& stopper, pid_t pid,
                      const ThreadStopper::Look& look = LookAtNothing) {
  return stopper.Stop(pid, pid, look, kLong);
}

TEST(ThreadStopper, ShowsTheRegisters) {
  const Child child = Fork(SpinWithKnownRegisters);
  ThreadStopper stopper;
  Registers seen;
  ASSERT_TRUE(WaitUntil([&] {
    const auto stood = Stop(stopper, child.pid(), [&](const Registers& now) { seen = now; });
    return stood && AreTheKnown(seen);
  }));
  EXPECT_EQ(seen.machine, OwnMachine());
  ASSERT_EQ(seen.general.size(), Registers::CountOn(OwnMachine()));
  EXPECT_FALSE(seen.thread_pointer.IsNull());
#if defined(__x86_64__)
  // A forked child's is that of its parent.
  EXPECT_EQ(seen.thread_pointer, Address(static_cast<std::uint64_t>(::pthread_self())));
#endif
  const auto map = MemoryMap::Read(child.pid());
  ASSERT_TRUE(map);
  const Mapping* stack = map->Find(seen.stack_pointer);
  ASSERT_NE(stack, nullptr);
  EXPECT_TRUE(stack->readable && !stack->executable);
  ExpectGoesOn(child.pid());
}

struct Pair {
  std::array<std::atomic<std::uint64_t>, 2> turns{};
  std::array<std::atomic<pid_t>, 2> ids{};
};

TEST(ThreadStopper, StopsOneAndLetsTheOthersRun) {
  const Shared<Pair> pair;
  const Child child = Fork([&] {
    const auto work = [&](std::size_t which) {
      pair->ids[which] = static_cast<pid_t>(::syscall(SYS_gettid));
      while (true) ++pair->turns[which];
    };
    std::thread(work, 1).detach();
    work(0);
  });
  ASSERT_TRUE(WaitUntil([&] { return pair->turns[0] > 0 && pair->turns[1] > 0; }));
  ThreadStopper stopper;
  for (std::size_t which = 0; which < 2; ++which) {
    bool runs_on = false;
    const auto stood = stopper.Stop(
        child.pid(), pair->ids[which],
        [&](const Registers&) {
          const std::uint64_t own = pair->turns[which];
          const std::uint64_t others = pair->turns[1 - which];
          runs_on = WaitUntil([&] { return pair->turns[1 - which] > others + 1000; });
          EXPECT_EQ(pair->turns[which], own);
        },
        kLong);
    ASSERT_TRUE(stood) << stood.error().Message();
    EXPECT_GT(*stood, Duration(0));
    EXPECT_TRUE(runs_on);
    EXPECT_FALSE(IsTraced(child.pid()));
    const std::uint64_t own = pair->turns[which];
    EXPECT_TRUE(WaitUntil([&] { return pair->turns[which] > own; }));
  }
  ExpectGoesOn(child.pid());
}

// Some of these signals are being delivered just when the thread is told to stop.
TEST(ThreadStopper, SignalsThatKeepComingAllArrive) {
  if (kHasOddChildren) GTEST_SKIP() << "not with the thread sanitizer's children";
  const Shared<Counters> counters;
  const Child child = ForkCountingSignals(*counters);
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 1; }));
  std::uint64_t sent = 0;
  std::jthread sender([&](const std::stop_token& is_over) {
    // The room for signals that are pending is shared (RLIMIT_SIGPENDING of getrlimit(2)).
    constexpr std::uint64_t kMostPending = 100;
    while (!is_over.stop_requested()) {
      if (sent - counters->signals >= kMostPending) continue;
      if (::sigqueue(child.pid(), SIGRTMIN, sigval{}) == 0) ++sent;
    }
  });
  ThreadStopper stopper;
  for (int turn = 0; turn < 1000; ++turn) {
    const auto stood = Stop(stopper, child.pid());
    ASSERT_TRUE(stood) << stood.error().Message();
  }
  sender.request_stop();
  sender.join();
  EXPECT_TRUE(WaitUntil([&] { return counters->signals == sent; }))
      << counters->signals << " of " << sent;
  EXPECT_GT(sent, 0U);
  ExpectGoesOn(child.pid());
}

TEST(ThreadStopper, AStoppedProcessStaysStopped) {
  const Shared<Counters> counters;
  const Child child = ForkCounting(*counters, 3);
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 3; }));
  ASSERT_EQ(::kill(child.pid(), SIGSTOP), 0);
  ASSERT_TRUE(WaitUntil([&] { return IsStopped(child.pid()); }));
  // The parent is told once of a stop, and not again.
  int status = 0;
  ASSERT_EQ(::waitpid(child.pid(), &status, WUNTRACED), child.pid());
  const std::uint64_t turns = counters->turns;
  ThreadStopper stopper;
  for (int turn = 0; turn < 20; ++turn) {
    ASSERT_TRUE(Stop(stopper, child.pid()));
    ASSERT_TRUE(WaitUntil([&] { return IsStopped(child.pid()); }));
  }
  EXPECT_FALSE(IsTraced(child.pid()));
  EXPECT_EQ(counters->turns, turns);
  EXPECT_EQ(::waitpid(child.pid(), &status, WUNTRACED | WNOHANG), 0);
  ASSERT_EQ(::kill(child.pid(), SIGCONT), 0);
  EXPECT_TRUE(WaitUntil([&] { return counters->turns > turns; }));
}

TEST(ThreadStopper, StopAndContinueThatComeMeanwhileCount) {
  const Shared<Counters> counters;
  const Child child = ForkCounting(*counters, 1);
  ASSERT_TRUE(WaitUntil([&] { return counters->turns > 0; }));
  ThreadStopper stopper;
  for (int turn = 0; turn < 20; ++turn) {
    ASSERT_TRUE(
        Stop(stopper, child.pid(), [&](const Registers&) { ::kill(child.pid(), SIGSTOP); }));
    ASSERT_TRUE(WaitUntil([&] { return StateOf(child.pid()) == 'T'; }));
    ASSERT_TRUE(
        Stop(stopper, child.pid(), [&](const Registers&) { ::kill(child.pid(), SIGCONT); }));
    const std::uint64_t turns = counters->turns;
    ASSERT_TRUE(WaitUntil([&] { return counters->turns > turns; }));
  }
}

TEST(ThreadStopper, SleepersSleepTheirTime) {
  const Shared<Counters> counters;
  const Child child = Fork([&] {
    const timespec time{0, 300'000'000};
    ++counters->ready;
    const auto begin = Clock::now();
    const int result = ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
    if (result == 0 && Clock::now() - begin >= std::chrono::milliseconds(300)) ++counters->turns;
    ::pause();
  });
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 1 && StateOf(child.pid()) == 'S'; }));
  ThreadStopper stopper;
  for (int turn = 0; turn < 50; ++turn) {
    ASSERT_TRUE(Stop(stopper, child.pid()));
  }
  EXPECT_TRUE(WaitUntil([&] { return counters->turns == 1; }));
}

TEST(ThreadStopper, ThrowsWhatTheLookThrows) {
  const Shared<Counters> counters;
  const Child child = ForkCounting(*counters, 1);
  ThreadStopper stopper;
  EXPECT_THROW(
      (void)Stop(stopper, child.pid(), [](const Registers&) { throw std::runtime_error("no"); }),
      std::runtime_error);
  ExpectGoesOn(child.pid());
  EXPECT_TRUE(Stop(stopper, child.pid()));
}

TEST(ThreadStopper, OneThatIsKilledMeanwhileIsItsParentsToReap) {
  ThreadStopper stopper;
  for (int turn = 0; turn < 20; ++turn) {
    const Child child = ForkIdle();
    const auto stood = Stop(stopper, child.pid(),
                            [&](const Registers&) { ASSERT_EQ(::kill(child.pid(), SIGKILL), 0); });
    EXPECT_TRUE(stood || stood.error().code == ErrorCode::kNoSuchProcess);
    int status = 0;
    ASSERT_EQ(::waitpid(child.pid(), &status, 0), child.pid());
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  }
}

TEST(ThreadStopper, ALaunchedCommandKeepsItsExitStatus) {
  auto process = LaunchedProcess::Start({"sleep", "1000"});
  ASSERT_TRUE(process);
  ThreadStopper stopper;
  const auto stood = Stop(stopper, process->pid(), [&](const Registers&) {
    EXPECT_FALSE(process->HasEnded());
    EXPECT_FALSE(process->PollExit());
    ASSERT_EQ(::kill(process->pid(), SIGTERM), 0);
    EXPECT_FALSE(process->PollExit());
  });
  ASSERT_TRUE(stood) << stood.error().Message();
  EXPECT_EQ(process->WaitExit(), 128 + SIGTERM);
}

// The parent of a child that vfork(2) has made waits for it uninterruptibly.
TEST(ThreadStopper, GivesUpWhoCannotStop) {
  if (kHasOddChildren) GTEST_SKIP() << "not with the thread sanitizer's children";
  const Shared<Counters> counters;
  const Pipe go;
  const Child child = Fork([&] {
    const pid_t grandchild = ::vfork();
    if (grandchild == 0) {
      char byte;
      [[maybe_unused]] const ssize_t got = ::read(go.read_end.get(), &byte, 1);
      ::_exit(0);
    }
    while (true) ++counters->turns;
  });
  ASSERT_TRUE(WaitUntil([&] { return StateOf(child.pid()) == 'D'; }));
  const Child other = ForkIdle();
  ThreadStopper stopper;
  const auto refuse = [](const Registers&) { FAIL() << "it cannot stand"; };
  auto before = Clock::now();
  auto stood = stopper.Stop(child.pid(), child.pid(), refuse);
  ASSERT_FALSE(stood);
  EXPECT_EQ(stood.error().code, ErrorCode::kTimeout);
  EXPECT_GE(Clock::now() - before, ThreadStopper::kPatience);
  // It costs that once; others are stopped as ever.
  before = Clock::now();
  for (int turn = 0; turn < 1000; ++turn) {
    stood = stopper.Stop(child.pid(), child.pid(), refuse);
    ASSERT_FALSE(stood);
    EXPECT_EQ(stood.error().code, ErrorCode::kTimeout);
  }
  EXPECT_LT(Clock::now() - before, 1000 * ThreadStopper::kPatience / 2);
  EXPECT_TRUE(Stop(stopper, other.pid()));
  // Another stopper may ask as well.
  stood = ThreadStopper().Stop(child.pid(), child.pid(), refuse);
  ASSERT_FALSE(stood);
  EXPECT_EQ(stood.error().code, ErrorCode::kTimeout);
  ASSERT_EQ(::write(go.write_end.get(), "x", 1), 1);
  EXPECT_TRUE(WaitUntil([&] { return counters->turns > 0; }));
  EXPECT_TRUE(WaitUntil([&] { return !IsTraced(child.pid()); }));
  ExpectGoesOn(child.pid());
  EXPECT_TRUE(
      WaitUntil([&] { return stopper.Stop(child.pid(), child.pid(), LookAtNothing).has_value(); }));
}

TEST(ThreadStopper, GivesUpBeforeItHasBegunAndStopsLater) {
  const Child child = Fork([] {
    while (true) {
    }
  });
  ThreadStopper stopper;
  for (int turn = 0; turn < 20; ++turn) {
    // So little time that whoever is to stop the thread has hardly got a processor for that.
    const auto stood = stopper.Stop(child.pid(), child.pid(), LookAtNothing, Duration(0));
    if (!stood) {
      EXPECT_EQ(stood.error().code, ErrorCode::kTimeout);
    }
    EXPECT_TRUE(WaitUntil([&] { return Stop(stopper, child.pid()).has_value(); }));
  }
  ExpectGoesOn(child.pid());
}

TEST(ThreadStopper, AZombieAndNobodyAreNoThread) {
  ThreadStopper stopper;
  Child child = ForkIdle();
  const Child other = ForkIdle();
  // A thread of another process, as an old id may be.
  for (int turn = 0; turn < 3; ++turn) {
    EXPECT_EQ(stopper.Stop(child.pid(), other.pid(), LookAtNothing, kLong).error().code,
              ErrorCode::kNoSuchProcess);
    EXPECT_TRUE(WaitUntil([&] { return !IsTraced(other.pid()); }));
    ExpectGoesOn(other.pid());
  }
  child.Kill();
  const pid_t pid = child.pid();
  EXPECT_EQ(Stop(stopper, pid).error().code, ErrorCode::kNoSuchProcess);
  child.Reap();
  for (const pid_t gone : {pid, 0, -1}) {
    EXPECT_EQ(Stop(stopper, gone).error().code, ErrorCode::kNoSuchProcess);
  }
}

TEST(ThreadStopper, DoesNotStopOspreyItself) {
  ThreadStopper stopper;
  const auto stood = Stop(stopper, ::getpid());
  ASSERT_FALSE(stood);
  EXPECT_EQ(stood.error().code, ErrorCode::kInvalidArgument);
}

TEST(ThreadStopper, SaysWhoTracesAlready) {
  const Shared<Counters> counters;
  const Child child = ForkIdle();
  const Child tracer = Fork([&] {
    if (::ptrace(PTRACE_SEIZE, child.pid(), nullptr, nullptr) == 0) ++counters->ready;
    while (true) ::pause();
  });
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 1; }));
  ThreadStopper stopper;
  const auto stood = Stop(stopper, child.pid());
  ASSERT_FALSE(stood);
  EXPECT_EQ(stood.error().code, ErrorCode::kNotPermitted);
  EXPECT_EQ(stood.error().context, "process " + std::to_string(child.pid()) +
                                       " is traced by another (pid " +
                                       std::to_string(tracer.pid()) + ")");
}

TEST(ThreadStopper, SaysWhenItIsNotPermitted) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a process of somebody else";
  const Child child = ForkIdle();
  const std::string answer = AskWithoutRights([&] {
    ThreadStopper stopper;
    const auto stood = Stop(stopper, child.pid());
    return stood ? std::string("stopped") : stood.error().context;
  });
  EXPECT_NE(answer.find("not permitted to stop process"), std::string::npos) << answer;
  EXPECT_NE(answer.find("it belongs to root"), std::string::npos) << answer;
}

}  // namespace
}  // namespace osprey
