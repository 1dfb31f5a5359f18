// What LiveTarget::Open says about processes that cannot be profiled.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "osprey/target/live_target.h"
#include "target/proc_stat.h"
#include "target/processes.h"

namespace osprey {
namespace {

TEST(LiveTargetOpen, OfNobody) {
  Child child = ForkIdle();
  const pid_t pid = child.pid();
  child.Reap();
  for (const pid_t nobody : {pid, pid_t{0}, pid_t{-1}, pid_t{0x7fffffff}}) {
    const auto target = LiveTarget::Open(nobody);
    ASSERT_FALSE(target);
    EXPECT_EQ(target.error().code, ErrorCode::kNoSuchProcess);
    EXPECT_EQ(target.error().Message(), "no such process " + std::to_string(nobody));
  }
}

TEST(LiveTargetOpen, OfAZombie) {
  Child child = ForkIdle();
  child.Kill();
  const auto target = LiveTarget::Open(child.pid());
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().code, ErrorCode::kNoSuchProcess);
  EXPECT_EQ(target.error().Message(), "process " + std::to_string(child.pid()) +
                                          " has ended and only waits for its parent to notice");
}

TEST(LiveTargetOpen, OfAStrangersProcess) {
  // As root: this test's own process, seen by a user with no rights. Else: the first process.
  const pid_t pid = ::geteuid() == 0 ? ::getpid() : 1;
  const std::string answer = AskWithoutRights([pid] {
    const auto target = LiveTarget::Open(pid);
    if (target) return std::string("it opened");
    return (target.error().code == ErrorCode::kNotPermitted ? "" : "other code: ") +
           target.error().Message();
  });
  const std::string number = std::to_string(pid);
  EXPECT_EQ(answer, "not permitted to read process " + number +
                        ": it belongs to root; run osprey as root, or as its owner with "
                        "ptrace_scope 0 or 1 (see osprey doctor -p " +
                        number + ")");
}

TEST(LiveTargetOpen, OfAKernelThread) {
  const auto stat = ReadProcessStat(2);
  if (!stat || !stat->is_kernel_thread) GTEST_SKIP() << "no kernel thread is visible from here";
  const auto target = LiveTarget::Open(2);
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(target.error().Message(),
            "process 2 is a thread of the kernel: it has no program to profile");
}

TEST(LiveTargetOpen, OfAThreadOpensItsProcess) {
  pid_t thread_id = 0;
  pid_t opened = 0;
  std::thread thread([&] {
    thread_id = static_cast<pid_t>(::syscall(SYS_gettid));
    if (const auto target = LiveTarget::Open(thread_id)) opened = target->pid();
  });
  thread.join();
  EXPECT_NE(thread_id, ::getpid());
  EXPECT_EQ(opened, ::getpid());
}

}  // namespace
}  // namespace osprey
