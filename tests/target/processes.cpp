#include "target/processes.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace osprey {

void Child::Kill() {
  ASSERT_GT(pid_, 0);
  ASSERT_EQ(::kill(pid_, SIGKILL), 0);
  siginfo_t info;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT), 0);
}

void Child::Reap() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

Child Fork(const std::function<void()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // no child outlives a test that crashes
    body();
    ::_exit(0);
  }
  EXPECT_GT(pid, 0);
  return Child(pid);
}

Child ForkIdle() {
  return Fork([] {
    while (true) ::pause();
  });
}

Child ForkThatExecutes(int go) {
  return Fork([go] {
    char byte;
    if (::read(go, &byte, 1) != 1) return;
    ::execlp("sleep", "sleep", "1000", nullptr);
  });
}

Child ForkInRoot(const std::filesystem::path& root) {
  Pipe ready;
  Child child = Fork([&] {
    if (::geteuid() != 0 && ::unshare(CLONE_NEWUSER) != 0) ::_exit(1);
    if (::chroot(root.c_str()) != 0 || ::chdir("/") != 0) ::_exit(1);
    if (::write(ready.write_end.get(), "!", 1) != 1) ::_exit(1);
    while (true) ::pause();
  });
  ready.write_end.Reset();
  char byte;
  EXPECT_EQ(::read(ready.read_end.get(), &byte, 1), 1) << "no other root";
  return child;
}

std::string AskWithoutRights(const std::function<std::string()>& body) {
  Pipe pipe;
  const Child child = Fork([&] {
    if (::geteuid() == 0 &&
        (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0)) {
      ::_exit(1);
    }
    const std::string answer = body();
    if (::write(pipe.write_end.get(), answer.data(), answer.size()) < 0) ::_exit(1);
  });
  pipe.write_end.Reset();
  std::string answer;
  char buffer[4096];
  for (ssize_t got; (got = ::read(pipe.read_end.get(), buffer, sizeof buffer)) > 0;) {
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  return answer;
}

Pipe::Pipe() {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  read_end.Reset(ends[0]);
  write_end.Reset(ends[1]);
}

bool WaitUntil(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "osprey-test-XXXXXX").string();
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace osprey
