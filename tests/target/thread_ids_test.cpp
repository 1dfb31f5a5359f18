#include "osprey/target/thread_ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "target/proc_stat.h"
#include "target/processes.h"

namespace osprey {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const TimePoint kStart{};

TEST(ThreadIds, AreTheSameInOurOwnNamespace) {
  ThreadIds ids(::getpid());
  EXPECT_EQ(ids.Outside(::getpid(), kStart), ::getpid());
  EXPECT_EQ(ids.Outside(4194305, kStart), 4194305) << "nothing is read, so nothing is known";
  EXPECT_THAT(ids.Inside(), Contains(::getpid()));
}

TEST(ThreadIds, OfAProcessThatIsGone) {
  Child child = ForkIdle();
  const pid_t pid = child.pid();
  child.Reap();
  EXPECT_THAT(ThreadIds(pid).Inside(), IsEmpty());
}

// A child, first of a pid namespace of its own, with a second thread; -1 where that is forbidden.
pid_t ForkInNamespace(int ready) {
  for (const int flags : {CLONE_NEWPID, CLONE_NEWPID | CLONE_NEWUSER}) {
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0));
    if (pid > 0) return pid;
    if (pid < 0) continue;
    std::thread([ready] {
      [[maybe_unused]] const ssize_t wrote = ::write(ready, "!", 1);
      while (true) ::pause();
    }).join();
  }
  return -1;
}

TEST(ThreadIds, OfAnotherNamespaceAreTranslated) {
  Pipe ready;
  const pid_t pid = ForkInNamespace(ready.write_end.get());
  if (pid < 0) GTEST_SKIP() << "this machine gives us no pid namespace";
  Child child(pid);
  char byte;
  ASSERT_EQ(::read(ready.read_end.get(), &byte, 1), 1);
  ThreadIds ids(pid);
  EXPECT_THAT(ids.Inside(), ElementsAre(1, 2));
  EXPECT_EQ(ids.Outside(1, kStart), pid);
  const pid_t second = ids.Outside(2, kStart);
  EXPECT_GT(second, 2);
  EXPECT_EQ(ReadThreadStatus(pid, second)->namespace_ids.back(), 2);
  EXPECT_EQ(ids.Outside(3, kStart), 0) << "no such thread";
  EXPECT_EQ(ids.Outside(0, kStart), 0);
  child.Reap();
  EXPECT_EQ(ids.Outside(2, kStart), second) << "an answer is used for a while";
  EXPECT_EQ(ids.Outside(2, kStart + std::chrono::seconds(2)), 0);
}

}  // namespace
}  // namespace osprey
