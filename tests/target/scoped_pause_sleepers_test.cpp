// Pauses that leave those asleep who sleep.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <new>
#include <thread>

#include "osprey/target/scoped_pause.h"
#include "target/proc_file.h"
#include "target/proc_stat.h"
#include "target/processes.h"

namespace osprey {
namespace {

using Sleepers = ScopedPause::Sleepers;

bool Rests(pid_t pid) {
  const auto ids = ReadTaskIds(pid);
  return !ids.empty() && std::all_of(ids.begin(), ids.end(), [pid](pid_t tid) {
    const auto status = ReadThreadStatus(pid, tid);
    return status && status->rests();
  });
}

TEST(ScopedPauseOfSleepers, StopsNobodyWhereAllSleep) {
  Pipe answers;
  const Child child = Fork([&] {
    const int epoll = ::epoll_create1(0);
    epoll_event event{};
    // A stop would end it with EINTR (signal(7)).
    const int got = ::epoll_wait(epoll, &event, 1, 700);
    const int answer[] = {got, got < 0 ? errno : 0};
    static_cast<void>(::write(answers.write_end.get(), answer, sizeof answer));
  });
  ASSERT_TRUE(WaitUntil([&] { return Rests(child.pid()); }));
  {
    const auto pause = ScopedPause::Stop(child.pid(), Sleepers::kWatch);
    ASSERT_TRUE(pause) << pause.error().Message();
    EXPECT_EQ(pause->stopped_threads(), 0U);
    EXPECT_EQ(pause->missed_threads(), 0U);
    EXPECT_EQ(pause->sleeping_threads(), ReadTaskIds(child.pid()).size());
    EXPECT_EQ(pause->Stopped(), Duration(0));
    EXPECT_TRUE(pause->Woken().empty());
  }
  std::array<int, 2> answer{-2, -2};
  ASSERT_EQ(::read(answers.read_end.get(), answer.data(), sizeof answer),
            static_cast<ssize_t>(sizeof answer));
  EXPECT_EQ(answer, (std::array<int, 2>{0, 0}));
}

TEST(ScopedPauseOfSleepers, TellsWhoHasWokenUp) {
  Pipe go;
  const Child child = Fork([&] {
    char byte;
    while (::read(go.read_end.get(), &byte, 1) == 1) continue;
  });
  ASSERT_TRUE(WaitUntil([&] { return Rests(child.pid()); }));
  const auto pause = ScopedPause::Stop(child.pid(), Sleepers::kWatch);
  ASSERT_TRUE(pause);
  EXPECT_TRUE(pause->Woken().empty());
  ASSERT_EQ(::write(go.write_end.get(), "!", 1), 1);
  ASSERT_TRUE(WaitUntil([&] { return !pause->Woken().empty(); }));
  // It sleeps again, and has still woken up.
  ASSERT_TRUE(WaitUntil([&] { return Rests(child.pid()); }));
  const auto woken = pause->Woken();
  EXPECT_NE(std::find(woken.begin(), woken.end(), child.pid()), woken.end());
}

TEST(ScopedPauseOfSleepers, StopsTheRestlessInAnyCase) {
  const Child child = ForkIdle();
  ASSERT_TRUE(WaitUntil([&] { return Rests(child.pid()); }));
  const pid_t restless[] = {child.pid()};
  const auto pause = ScopedPause::Stop(child.pid(), Sleepers::kWatch, restless);
  ASSERT_TRUE(pause);
  EXPECT_EQ(pause->stopped_threads(), 1U);
  EXPECT_GT(pause->Stopped(), Duration(0));
}

TEST(ScopedPauseOfSleepers, LeavesAProcessStoppedBySignalAsItIs) {
  const Child child = ForkIdle();
  ASSERT_EQ(::kill(child.pid(), SIGSTOP), 0);
  ASSERT_TRUE(WaitUntil([&] {
    const auto stat = ReadProcessStat(child.pid());
    return stat && stat->state == 'T' && Rests(child.pid());
  }));
  const auto pause = ScopedPause::Stop(child.pid(), Sleepers::kWatch);
  ASSERT_TRUE(pause);
  EXPECT_EQ(pause->stopped_threads(), 0U);
  EXPECT_TRUE(pause->Woken().empty());
}

// Some run, some sleep for some microseconds at a time: where nobody is said to have woken up,
// nobody has done anything.
TEST(ScopedPauseOfSleepers, WhereNobodyWokeNothingHasMoved) {
  struct Turns {
    std::atomic<std::uint64_t> count{0};
    std::atomic<int> ready{0};
  };
  auto* turns = new (::mmap(nullptr, sizeof(Turns), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Turns;
  const Child child = Fork([turns] {
    const auto work = [turns](std::chrono::microseconds rest) {
      ++turns->ready;
      while (true) {
        ++turns->count;
        if (rest.count() > 0) std::this_thread::sleep_for(rest);
      }
    };
    for (const int rest : {0, 0, 50, 300, 2000, 10000}) {
      std::thread(work, std::chrono::microseconds(rest)).detach();
    }
    ::pause();
  });
  ASSERT_TRUE(WaitUntil([&] { return turns->ready == 6; }));
  int still = 0;
  for (int i = 0; i < 400; ++i) {
    std::vector<pid_t> restless;
    for (int attempt = 0; attempt < 4; ++attempt) {
      const auto pause = ScopedPause::Stop(
          child.pid(), attempt == 3 ? Sleepers::kStop : Sleepers::kWatch, restless);
      ASSERT_TRUE(pause) << pause.error().Message();
      const std::uint64_t before = turns->count;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      const std::uint64_t after = turns->count;
      const auto woken = pause->Woken();
      restless.insert(restless.end(), woken.begin(), woken.end());
      if (!woken.empty()) continue;
      EXPECT_EQ(before, after) << "of attempt " << attempt;
      ++still;
      break;
    }
  }
  EXPECT_EQ(still, 400);
  const std::uint64_t before = turns->count;
  EXPECT_TRUE(WaitUntil([&] { return turns->count > before; }));
  ::munmap(turns, sizeof(Turns));
}

}  // namespace
}  // namespace osprey
