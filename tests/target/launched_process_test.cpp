#include "osprey/target/launched_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "target/proc_file.h"
#include "target/processes.h"

namespace osprey {
namespace {

namespace fs = std::filesystem;

int RunShell(const std::string& script) {
  auto process = LaunchedProcess::Start({"sh", "-c", script});
  EXPECT_TRUE(process) << process.error().Message();
  return process ? process->WaitExit() : -1;
}

std::string StartError(const std::vector<std::string>& command, ErrorCode expected) {
  auto process = LaunchedProcess::Start(command);
  if (process) return "it started";
  EXPECT_EQ(process.error().code, expected);
  return process.error().Message();
}

TEST(LaunchedProcess, GivesTheExitStatusOfAShell) {
  EXPECT_EQ(RunShell("exit 0"), 0);
  EXPECT_EQ(RunShell("exit 3"), 3);
  EXPECT_EQ(RunShell("exit 255"), 255);
  EXPECT_EQ(RunShell("kill -TERM $$"), 128 + SIGTERM);
}

TEST(LaunchedProcess, GetsOtherDescriptorsWhereItIsTold) {
  const int input = ::memfd_create("input", MFD_CLOEXEC);
  const int output = ::memfd_create("output", MFD_CLOEXEC);
  ASSERT_EQ(::pwrite(input, "line\n", 5, 0), 5);
  auto process = LaunchedProcess::Start({"sh", "-c", "read word; echo got $word; echo error >&2"},
                                        Redirections{input, output});
  ASSERT_TRUE(process) << process.error().Message();
  EXPECT_EQ(process->WaitExit(), 0);
  char text[64] = {};
  const ssize_t got = ::pread(output, text, sizeof text, 0);
  EXPECT_EQ(std::string(text, static_cast<std::size_t>(got)), "got line\nerror\n");
  ::close(input);
  ::close(output);
}

TEST(LaunchedProcess, PollsWithoutWaiting) {
  auto process = LaunchedProcess::Start({"sleep", "1000"});
  ASSERT_TRUE(process) << process.error().Message();
  EXPECT_FALSE(process->PollExit());
  ASSERT_EQ(::kill(process->pid(), SIGKILL), 0);
  EXPECT_TRUE(WaitUntil([&] { return process->PollExit().has_value(); }));
  EXPECT_EQ(process->PollExit(), 128 + SIGKILL);
  EXPECT_EQ(process->WaitExit(), 128 + SIGKILL);
}

TEST(LaunchedProcess, AMovedFromOneReapsNobody) {
  auto first = LaunchedProcess::Start({"true"});
  ASSERT_TRUE(first);
  LaunchedProcess second = *std::move(first);
  EXPECT_FALSE(first->PollExit());  // NOLINT: what a moved-from one does is the point
  EXPECT_EQ(second.WaitExit(), 0);
}

TEST(LaunchedProcess, PassesEveryArgumentUnchanged) {
  auto process = LaunchedProcess::Start(
      {"sh", "-c", "test $# = 3 && test \"$1\" = 'a b' && test -z \"$2\" && test \"$3\" = '*'",
       "sh", "a b", "", "*"});
  ASSERT_TRUE(process);
  EXPECT_EQ(process->WaitExit(), 0);
}

TEST(LaunchedProcess, RunsTheCommandBeforeItReturns) {
  auto process = LaunchedProcess::Start({"sleep", "1000"});
  ASSERT_TRUE(process);
  const auto name = ReadProcFile(process->pid(), "comm", 100);
  EXPECT_EQ(name.value_or(""), "sleep\n");
  ::kill(process->pid(), SIGKILL);
  process->WaitExit();
}

TEST(LaunchedProcess, SaysWhyACommandDoesNotStart) {
  const TempDir dir;
  const std::string data = dir.path() / "data.txt";
  std::ofstream(data) << "data\n";
  const std::string script = dir.path() / "script";
  std::ofstream(script) << "#!/no/such/interpreter\n";
  fs::permissions(script, fs::perms::owner_all);

  EXPECT_EQ(StartError({"frobnicate-osprey"}, ErrorCode::kNoSuchCommand),
            "no such command: frobnicate-osprey");
  EXPECT_EQ(StartError({"/no/such/file"}, ErrorCode::kNoSuchCommand),
            "no such command: /no/such/file");
  EXPECT_EQ(StartError({data + "/x"}, ErrorCode::kNoSuchCommand),
            "no such command: " + data + "/x");
  EXPECT_EQ(StartError({data}, ErrorCode::kCannotRun),
            "cannot run " + data + ": Permission denied");
  EXPECT_EQ(StartError({dir.path()}, ErrorCode::kCannotRun),
            "cannot run " + dir.path().string() + ": Permission denied");
  EXPECT_EQ(StartError({script}, ErrorCode::kCannotRun),
            "cannot run " + script + ": its interpreter does not exist");
  EXPECT_EQ(StartError({""}, ErrorCode::kNoSuchCommand), "no such command: ");
  EXPECT_EQ(StartError({}, ErrorCode::kInvalidArgument), "no command to run");
}

TEST(LaunchedProcess, AClosedDirectoryInPathIsNotTheReason) {
  const TempDir dir;
  const fs::path closed = dir.path() / "closed";
  const fs::path open = dir.path() / "open";
  fs::create_directory(closed);
  fs::create_directory(open);
  std::ofstream(open / "osprey-not-executable") << "data";
  fs::permissions(open, fs::perms::all);
  fs::permissions(dir.path(), fs::perms::all);
  fs::permissions(closed, fs::perms::none);
  const std::string answer = AskWithoutRights([&] {
    ::setenv("PATH", (closed.string() + ":" + open.string()).c_str(), 1);
    return StartError({"frobnicate-osprey"}, ErrorCode::kNoSuchCommand) + "\n" +
           StartError({"osprey-not-executable"}, ErrorCode::kCannotRun);
  });
  fs::permissions(closed, fs::perms::all);
  EXPECT_EQ(answer,
            "no such command: frobnicate-osprey\n"
            "cannot run osprey-not-executable: Permission denied");
}

TEST(LaunchedProcess, GivesTheChildNoneOfOurDescriptors) {
  const UniqueFd leaked(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC, on purpose
  ASSERT_TRUE(leaked.valid());
  EXPECT_EQ(
      RunShell("test -e /proc/self/fd/0 && test ! -e /proc/$$/fd/" + std::to_string(leaked.get())),
      0);
}

// The value of a line "NAME:\tVALUE" of the child's status.
std::string StatusValue(pid_t pid, const std::string& name) {
  const std::string text = ReadProcFile(pid, "status", 65536).value_or("");
  const std::size_t at = text.find("\n" + name + ":\t");
  if (at == std::string::npos) return "missing";
  const std::size_t start = at + name.size() + 3;
  return text.substr(start, text.find('\n', start) - start);
}

TEST(LaunchedProcess, GivesTheChildDefaultSignals) {
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ASSERT_EQ(::sigprocmask(SIG_BLOCK, &blocked, &before), 0);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction previous {};
  ASSERT_EQ(::sigaction(SIGUSR1, &ignore, &previous), 0);
  auto process = LaunchedProcess::Start({"sleep", "1000"});
  ::sigaction(SIGUSR1, &previous, nullptr);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);

  ASSERT_TRUE(process);
  EXPECT_EQ(StatusValue(process->pid(), "SigBlk"), "0000000000000000");
  EXPECT_EQ(StatusValue(process->pid(), "SigIgn"), "0000000000000000");
  EXPECT_EQ(::getpgid(process->pid()), ::getpgrp());
  ::kill(process->pid(), SIGTERM);
  EXPECT_EQ(process->WaitExit(), 128 + SIGTERM);
}

}  // namespace
}  // namespace osprey
