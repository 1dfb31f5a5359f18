#include "osprey/target/live_target.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <future>
#include <string>
#include <thread>

#include "osprey/target/launched_process.h"
#include "target/processes.h"

namespace osprey {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

pid_t ThisThread() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

TEST(LiveTarget, DescribesACommand) {
  auto process = LaunchedProcess::Start({"sh", "-c", "echo \"$0\" >/dev/null; exec sleep 1000 1"});
  ASSERT_TRUE(process);
  const Child child(process->pid());
  const auto target = LiveTarget::Open(process->pid());
  ASSERT_TRUE(target) << target.error().Message();
  EXPECT_EQ(target->pid(), process->pid());
  EXPECT_TRUE(target->IsAlive());
  EXPECT_TRUE(WaitUntil([&] { return target->CommandLine() == "sleep 1000 1"; }))
      << target->CommandLine();
  EXPECT_TRUE(WaitUntil([&] { return target->ExecutablePath().ends_with("/sleep"); }));
  EXPECT_THAT(target->ThreadIds(), ElementsAre(process->pid()));
  const auto map = target->ReadMap();
  ASSERT_TRUE(map);
  EXPECT_FALSE(Modules(*map).empty());
}

TEST(LiveTarget, ListsItsThreads) {
  const auto target = LiveTarget::Open(::getpid());
  ASSERT_TRUE(target);
  std::promise<pid_t> started;
  std::promise<void> may_end;
  std::thread thread([&] {
    started.set_value(ThisThread());
    may_end.get_future().wait();
  });
  const pid_t id = started.get_future().get();
  EXPECT_THAT(target->ThreadIds(), Contains(id));
  EXPECT_THAT(target->ThreadIds(), Contains(::getpid()));
  may_end.set_value();
  thread.join();
  EXPECT_TRUE(WaitUntil([&] {
    const auto ids = target->ThreadIds();
    return std::find(ids.begin(), ids.end(), id) == ids.end();
  }));
}

TEST(LiveTarget, KnowsThatItEnded) {
  Child child = ForkIdle();
  const auto target = LiveTarget::Open(child.pid());
  ASSERT_TRUE(target) << target.error().Message();
  EXPECT_TRUE(target->IsAlive());
  EXPECT_TRUE(target->ProgramIdentity());
  child.Kill();
  EXPECT_FALSE(target->IsAlive()) << "a zombie";
  EXPECT_THAT(target->ThreadIds(), IsEmpty());
  child.Reap();
  EXPECT_FALSE(target->IsAlive());
  EXPECT_FALSE(target->ProgramIdentity());
  EXPECT_THAT(target->ThreadIds(), IsEmpty());
  EXPECT_EQ(target->ReadMap().error().code, ErrorCode::kNoSuchProcess);
}

// Forks an idle child that has this very pid; -1 and errno when that is not possible.
pid_t ForkWithPid(pid_t pid) {
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<std::uintptr_t>(&pid);
  arguments.set_tid_size = 1;
  const long result = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (result == 0) {
    ::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    while (true) ::syscall(SYS_pause);
  }
  return static_cast<pid_t>(result);
}

TEST(LiveTarget, IsNotTheStrangerWhoGotItsPid) {
  Child first = ForkIdle();
  const pid_t pid = first.pid();
  const auto target = LiveTarget::Open(pid);
  ASSERT_TRUE(target);
  // Start times are counted in ticks of 10 ms: the stranger must not start in the same one.
  timespec start;
  ::clock_gettime(CLOCK_BOOTTIME, &start);
  ASSERT_TRUE(WaitUntil([&] {
    timespec now;
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return (now.tv_sec - start.tv_sec) * 1000000000 + now.tv_nsec - start.tv_nsec > 30000000;
  }));
  first.Reap();
  const pid_t again = ForkWithPid(pid);
  if (again < 0 && errno == EPERM) GTEST_SKIP() << "only administrators may choose a pid";
  ASSERT_EQ(again, pid) << "the pid was taken by somebody else: " << errno;
  const Child stranger(again);
  EXPECT_TRUE(LiveTarget::Open(pid)->IsAlive());
  EXPECT_FALSE(target->IsAlive());
  EXPECT_FALSE(target->ProgramIdentity());
  EXPECT_THAT(target->ThreadIds(), IsEmpty());
  EXPECT_FALSE(target->ReadMap());
}

TEST(LiveTarget, ProgramIdentityChangesWithExec) {
  Pipe go;
  const Child child = ForkThatExecutes(go.read_end.get());
  const auto target = LiveTarget::Open(child.pid());
  ASSERT_TRUE(target);
  const auto before = target->ProgramIdentity();
  ASSERT_TRUE(before);
  EXPECT_EQ(target->ProgramIdentity(), before) << "the same while it runs on";
  const ExecMark mark = target->ReadExecMark();
  EXPECT_TRUE(target->Bears(mark));
  EXPECT_FALSE(target->Bears(ExecMark{})) << "no mark tells nothing";
  ASSERT_EQ(::write(go.write_end.get(), "!", 1), 1);
  EXPECT_TRUE(WaitUntil([&] {
    const auto now = target->ProgramIdentity();
    return now && now != before;
  }));
  EXPECT_FALSE(target->Bears(mark));
  EXPECT_TRUE(target->IsAlive()) << "an exec keeps the process";
}

// Without address-space randomization nothing but what the kernel rolls for every execve differs.
TEST(LiveTarget, ProgramIdentityChangesWhenAProgramExecutesItself) {
  TempDir directory;
  const std::string script = directory.path() / "again.sh";
  std::ofstream(script) << "echo && read line && exec /bin/sh " << script << "\n";
  Pipe go;
  Pipe started;
  const Child child = Fork([&] {
    ::personality(ADDR_NO_RANDOMIZE);
    ::dup2(go.read_end.get(), STDIN_FILENO);
    ::dup2(started.write_end.get(), STDOUT_FILENO);
    ::execl("/bin/sh", "/bin/sh", script.c_str(), nullptr);
  });
  const auto target = LiveTarget::Open(child.pid());
  ASSERT_TRUE(target);
  std::optional<std::string> before;
  ExecMark mark;
  for (int time = 0; time < 3; ++time) {
    char byte;
    ASSERT_EQ(::read(started.read_end.get(), &byte, 1), 1);
    const auto now = target->ProgramIdentity();
    ASSERT_TRUE(now);
    EXPECT_NE(now, before);
    before = now;
    EXPECT_FALSE(target->Bears(mark));
    mark = target->ReadExecMark();
    EXPECT_TRUE(target->Bears(mark));
    ASSERT_EQ(::write(go.write_end.get(), "\n", 1), 1);
  }
}

TEST(LiveTarget, NamesAProcessWithoutACommandLine) {
  Child child = ForkIdle();
  const auto target = LiveTarget::Open(child.pid());
  ASSERT_TRUE(target);
  EXPECT_NE(target->CommandLine().front(), '[');
  std::string name;
  std::getline(std::ifstream("/proc/self/comm"), name);
  child.Kill();  // a zombie has a name and no command line
  EXPECT_EQ(target->CommandLine(), fmt::format("[{}]", name));
  child.Reap();
  EXPECT_EQ(target->CommandLine(), "");
}

}  // namespace
}  // namespace osprey
