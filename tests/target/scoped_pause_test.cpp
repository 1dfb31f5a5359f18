#include "osprey/target/scoped_pause.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "osprey/target/launched_process.h"
#include "osprey/target/live_target.h"
#include "target/counting_child.h"
#include "target/proc_file.h"
#include "target/proc_stat.h"
#include "target/processes.h"

namespace osprey {
namespace {

TEST(ScopedPause, StopsAllThreadsAndLetsThemGoOn) {
  const Shared<Counters> counters;
  const Child child = ForkCounting(*counters, 8);
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 8; }));
  {
    const auto pause = ScopedPause::Stop(child.pid());
    ASSERT_TRUE(pause) << pause.error().Message();
    EXPECT_GE(pause->stopped_threads(), 8U);
    EXPECT_EQ(pause->stopped_threads(), ThreadsOf(child.pid()));
    EXPECT_EQ(pause->missed_threads(), 0U);
    EXPECT_EQ(States(child.pid()), AllStopped(child.pid()));
    const std::uint64_t turns = counters->turns;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(counters->turns, turns);
    EXPECT_GT(pause->Stopped(), std::chrono::milliseconds(20));
  }
  ExpectGoesOn(child.pid());
  const std::uint64_t turns = counters->turns;
  EXPECT_TRUE(WaitUntil([&] { return counters->turns > turns; }));
}

TEST(ScopedPause, ResumesOnceAndKeepsItsFigures) {
  const Child child = ForkIdle();
  auto pause = ScopedPause::Stop(child.pid());
  ASSERT_TRUE(pause);
  ScopedPause moved = std::move(*pause);
  moved.Resume();
  ExpectGoesOn(child.pid());
  const Duration stopped = moved.Stopped();
  moved.Resume();
  EXPECT_EQ(moved.Stopped(), stopped);
  EXPECT_EQ(moved.stopped_threads(), ThreadsOf(child.pid()));
}

TEST(ScopedPause, AnyThreadNamesTheProcess) {
  const Shared<Counters> counters;
  const Child child = ForkCounting(*counters, 2);
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 2; }));
  const auto ids = ReadTaskIds(child.pid());
  ASSERT_GE(ids.size(), 2U);
  const auto pause = ScopedPause::Stop(ids.back());
  ASSERT_TRUE(pause);
  EXPECT_EQ(pause->stopped_threads(), ids.size());
}

// Threads that are born and end all the time, and signals that come all the time.
TEST(ScopedPause, LosesNothingOverTwoHundredTimes) {
  const Shared<Counters> counters;
  const Child child = Fork([&] {
    static std::atomic<std::uint64_t>* count;
    count = &counters->signals;
    struct sigaction action {};
    action.sa_handler = [](int) { ++*count; };
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGRTMIN, &action, nullptr);
    const auto breed = [&] {
      ++counters->ready;
      while (true) {
        std::thread([&] { ++counters->born; }).join();
        ++counters->turns;
      }
    };
    for (int i = 0; i < 4; ++i) std::thread(breed).detach();
    breed();
  });
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 5; }));
  std::uint64_t sent = 0;
  for (int turn = 0; turn < 200; ++turn) {
    // Real-time signals are queued, not merged, and sigqueue(3) says where there is no room.
    if (::sigqueue(child.pid(), SIGRTMIN, sigval{}) == 0) ++sent;
    auto pause = ScopedPause::Stop(child.pid());
    ASSERT_TRUE(pause) << pause.error().Message();
    ASSERT_EQ(pause->missed_threads(), 0U);
    ASSERT_GE(pause->stopped_threads(), 5U);
    const std::uint64_t born = counters->born;
    const std::string states = States(child.pid());
    ASSERT_EQ(states.find_first_not_of("tZX"), std::string::npos) << states;
    if (::sigqueue(child.pid(), SIGRTMIN, sigval{}) == 0) ++sent;
    ASSERT_EQ(counters->born, born);
    pause->Resume();
    ASSERT_FALSE(IsTraced(child.pid()));
    ASSERT_TRUE(WaitUntil([&] { return counters->born > born; }));
  }
  ExpectGoesOn(child.pid());
  if (kHasOddChildren) return;
  EXPECT_TRUE(WaitUntil([&] { return counters->signals == sent; }))
      << counters->signals << " of " << sent;
}

// Some of these signals are being delivered just when a thread is told to stop.
TEST(ScopedPause, SignalsThatKeepComingAllArrive) {
  if (kHasOddChildren) GTEST_SKIP() << "not with the thread sanitizer's children";
  const Shared<Counters> counters;
  const Child child = ForkCountingSignals(*counters);
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 1; }));
  std::uint64_t sent = 0;
  std::jthread sender([&](const std::stop_token& is_over) {
    // All processes of a user share the room for signals that are pending (RLIMIT_SIGPENDING of
    // getrlimit(2)): where none is left, the signals of other tests would be lost.
    constexpr std::uint64_t kMostPending = 1000;
    while (!is_over.stop_requested()) {
      if (sent - counters->signals >= kMostPending) continue;
      if (::sigqueue(child.pid(), SIGRTMIN, sigval{}) == 0) ++sent;
    }
  });
  for (int turn = 0; turn < 200; ++turn) {
    const auto pause = ScopedPause::Stop(child.pid());
    ASSERT_TRUE(pause) << pause.error().Message();
    ASSERT_EQ(pause->stopped_threads(), ThreadsOf(child.pid()));
  }
  sender.request_stop();
  sender.join();
  EXPECT_TRUE(WaitUntil([&] { return counters->signals == sent; }))
      << counters->signals << " of " << sent;
  ExpectGoesOn(child.pid());
}

TEST(ScopedPause, AStoppedProcessStaysStopped) {
  const Shared<Counters> counters;
  const Child child = ForkCounting(*counters, 3);
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 3; }));
  ASSERT_EQ(::kill(child.pid(), SIGSTOP), 0);
  ASSERT_TRUE(WaitUntil([&] { return IsStopped(child.pid()); }));
  {
    const auto pause = ScopedPause::Stop(child.pid());
    ASSERT_TRUE(pause);
    EXPECT_EQ(pause->stopped_threads(), ThreadsOf(child.pid()));
    EXPECT_EQ(States(child.pid()), AllStopped(child.pid()));
  }
  EXPECT_FALSE(IsTraced(child.pid()));
  EXPECT_TRUE(WaitUntil([&] { return IsStopped(child.pid()); }));
  const std::uint64_t turns = counters->turns;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(counters->turns, turns);
  ASSERT_EQ(::kill(child.pid(), SIGCONT), 0);
  EXPECT_TRUE(WaitUntil([&] { return counters->turns > turns; }));
}

TEST(ScopedPause, StopAndContinueThatComeMeanwhileCount) {
  const Shared<Counters> counters;
  const Child child = ForkCounting(*counters, 3);
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 3; }));
  {
    const auto pause = ScopedPause::Stop(child.pid());
    ASSERT_TRUE(pause);
    ASSERT_EQ(::kill(child.pid(), SIGSTOP), 0);
  }
  EXPECT_TRUE(WaitUntil([&] { return IsStopped(child.pid()); }));
  {
    const auto pause = ScopedPause::Stop(child.pid());
    ASSERT_TRUE(pause);
    ASSERT_EQ(::kill(child.pid(), SIGCONT), 0);
  }
  const std::uint64_t turns = counters->turns;
  EXPECT_TRUE(WaitUntil([&] { return counters->turns > turns; }));
  ExpectGoesOn(child.pid());
}

TEST(ScopedPause, AProcessThatIsKilledMeanwhileIsItsParentsToReap) {
  const Shared<Counters> counters;
  const Child child = ForkCounting(*counters, 3);
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 3; }));
  {
    const auto pause = ScopedPause::Stop(child.pid());
    ASSERT_TRUE(pause);
    ASSERT_EQ(::kill(child.pid(), SIGKILL), 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child.pid(), &status, 0), child.pid());
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(ScopedPause, ALaunchedCommandKeepsItsExitStatus) {
  auto process = LaunchedProcess::Start({"sleep", "1000"});
  ASSERT_TRUE(process);
  {
    const auto pause = ScopedPause::Stop(process->pid());
    ASSERT_TRUE(pause) << pause.error().Message();
    EXPECT_FALSE(process->HasEnded());
    EXPECT_FALSE(process->PollExit());
    ASSERT_EQ(::kill(process->pid(), SIGTERM), 0);
    EXPECT_FALSE(process->PollExit());
  }
  EXPECT_EQ(process->WaitExit(), 128 + SIGTERM);
}

// Osprey's end is the end of the pause, whatever it dies of, and no signal goes with it.
TEST(ScopedPause, EndsWithTheProcessThatMadeIt) {
  if (kHasOddChildren) GTEST_SKIP() << "not with the thread sanitizer's children";
  const Shared<Counters> counters;
  const Child child = ForkCountingSignals(*counters);
  ASSERT_TRUE(WaitUntil([&] { return counters->turns > 0; }));
  Child pauser = Fork([&] {
    const auto pause = ScopedPause::Stop(child.pid());
    if (!pause) return;
    ++counters->ready;
    while (true) ::pause();
  });
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 2; }));
  EXPECT_EQ(StateOf(child.pid()), 't');
  ASSERT_EQ(::kill(child.pid(), SIGRTMIN), 0);
  pauser.Reap();
  const std::uint64_t turns = counters->turns;
  EXPECT_TRUE(WaitUntil([&] { return counters->turns > turns; }));
  EXPECT_TRUE(WaitUntil([&] { return counters->signals == 1; }));
  ExpectGoesOn(child.pid());
}

// The parent of a child that vfork(2) has made waits for it uninterruptibly.
TEST(ScopedPause, DoesNotWaitForWhoCannotStop) {
  if (kHasOddChildren) GTEST_SKIP() << "not with the thread sanitizer's children";
  const Shared<Counters> counters;
  const Pipe go;
  const Child child = Fork([&] {
    std::thread([&] {
      while (true) ++counters->turns;
    }).detach();
    const pid_t grandchild = ::vfork();
    if (grandchild == 0) {
      char byte;
      [[maybe_unused]] const ssize_t got = ::read(go.read_end.get(), &byte, 1);
      ::_exit(0);
    }
    ++counters->born;
    while (true) ::pause();
  });
  ASSERT_TRUE(WaitUntil([&] { return StateOf(child.pid()) == 'D' && counters->turns > 0; }));
  {
    const auto before = std::chrono::steady_clock::now();
    const auto pause = ScopedPause::Stop(child.pid());
    ASSERT_TRUE(pause);
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
    EXPECT_EQ(pause->stopped_threads(), ThreadsOf(child.pid()) - 1);
    EXPECT_EQ(pause->missed_threads(), 1U);
  }
  // What was asked of the thread that could not stop is taken back.
  EXPECT_FALSE(IsTraced(child.pid()));
  ASSERT_EQ(::write(go.write_end.get(), "x", 1), 1);
  EXPECT_TRUE(WaitUntil([&] { return counters->born == 1; }));
  ExpectGoesOn(child.pid());
}

TEST(ScopedPause, AZombieAndNobodyAreNoProcess) {
  Child child = ForkIdle();
  child.Kill();
  const auto zombie = ScopedPause::Stop(child.pid());
  ASSERT_FALSE(zombie);
  EXPECT_EQ(zombie.error().code, ErrorCode::kNoSuchProcess);
  EXPECT_NE(zombie.error().context.find("has ended"), std::string::npos);
  const pid_t pid = child.pid();
  child.Reap();
  for (const pid_t gone : {pid, 0, -1}) {
    const auto nobody = ScopedPause::Stop(gone);
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().code, ErrorCode::kNoSuchProcess);
  }
}

TEST(ScopedPause, StopsThreadsWhoseLeaderHasEnded) {
  const Shared<Counters> counters;
  const Child child = Fork([&] {
    std::thread([&] {
      while (true) ++counters->turns;
    }).detach();
    ::syscall(SYS_exit, 0);
  });
  ASSERT_TRUE(WaitUntil([&] { return StateOf(child.pid()) == 'Z' && counters->turns > 0; }));
  {
    const auto pause = ScopedPause::Stop(child.pid());
    ASSERT_TRUE(pause) << pause.error().Message();
    EXPECT_EQ(pause->stopped_threads(), ThreadsOf(child.pid()) - 1);
    std::string expected = AllStopped(child.pid());
    expected[0] = 'Z';
    EXPECT_EQ(States(child.pid()), expected);
  }
  ExpectGoesOn(child.pid());
  const std::uint64_t turns = counters->turns;
  EXPECT_TRUE(WaitUntil([&] { return counters->turns > turns; }));
}

TEST(ScopedPause, StopsFiveHundredThreads) {
  const Shared<Counters> counters;
  const Child child = Fork([&] {
    const auto sleep = [&] {
      ++counters->ready;
      while (true) ::pause();
    };
    for (int i = 1; i < 500; ++i) std::thread(sleep).detach();
    sleep();
  });
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 500; }));
  auto pause = ScopedPause::Stop(child.pid());
  ASSERT_TRUE(pause);
  const Duration stopping = pause->Stopped();
  EXPECT_GE(pause->stopped_threads(), 500U);
  EXPECT_EQ(States(child.pid()), AllStopped(child.pid()));
  pause->Resume();
  std::printf("500 threads: %.1f ms to stop them\n", Seconds(stopping) * 1e3);
  ExpectGoesOn(child.pid());
}

TEST(ScopedPause, DoesNotStopOspreyItself) {
  const auto pause = ScopedPause::Stop(::getpid());
  ASSERT_FALSE(pause);
  EXPECT_EQ(pause.error().code, ErrorCode::kInvalidArgument);
}

TEST(ScopedPause, SaysWhoTracesAlready) {
  const Shared<Counters> counters;
  const Child child = ForkIdle();
  const Child tracer = Fork([&] {
    if (::ptrace(PTRACE_SEIZE, child.pid(), nullptr, nullptr) == 0) ++counters->ready;
    while (true) ::pause();
  });
  ASSERT_TRUE(WaitUntil([&] { return counters->ready == 1; }));
  const auto pause = ScopedPause::Stop(child.pid());
  ASSERT_FALSE(pause);
  EXPECT_EQ(pause.error().code, ErrorCode::kNotPermitted);
  EXPECT_EQ(pause.error().context, "process " + std::to_string(child.pid()) +
                                       " is traced by another (pid " +
                                       std::to_string(tracer.pid()) + ")");
}

TEST(ScopedPause, SaysWhenItIsNotPermitted) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a process of somebody else";
  const Child child = ForkIdle();
  const std::string answer = AskWithoutRights([&] {
    const auto pause = ScopedPause::Stop(child.pid());
    return pause ? std::string("stopped") : pause.error().context;
  });
  EXPECT_NE(answer.find("not permitted to stop process"), std::string::npos) << answer;
  EXPECT_NE(answer.find("it belongs to root"), std::string::npos) << answer;
}

}  // namespace
}  // namespace osprey
