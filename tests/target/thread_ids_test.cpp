#include "osprey/target/thread_ids.h"

#include <fmt/format.h>
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

const TimePoint kStart{};

TEST(ThreadIds, AreTheSameInOurOwnNamespace) {
  const auto target = LiveTarget::Open(::getpid());
  ASSERT_TRUE(target);
  ThreadIds ids(*target);
  EXPECT_EQ(ids.Outside(::getpid(), kStart), ::getpid());
  EXPECT_EQ(ids.Outside(4194305, kStart), 4194305) << "nothing is read, so nothing is known";
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
  const auto target = LiveTarget::Open(pid);
  ASSERT_TRUE(target) << target.error().Message();
  ThreadIds ids(*target);
  EXPECT_EQ(ids.Outside(1, kStart), pid);
  const pid_t second = ids.Outside(2, kStart);
  EXPECT_GT(second, 2);
  EXPECT_EQ(ReadNamespacePids(pid, fmt::format("task/{}/status", second)).back(), 2);
  // A sanitizer may have started a thread of its own.
  EXPECT_EQ(ids.Outside(30000, kStart), 0) << "no such thread";
  EXPECT_EQ(ids.Outside(0, kStart), 0);
  child.Reap();
  EXPECT_EQ(ids.Outside(2, kStart), second) << "an answer is used for a while";
  EXPECT_EQ(ids.Outside(2, kStart + std::chrono::seconds(2)), 0);
}

}  // namespace
}  // namespace osprey
