#include "native/stopped_child.h"

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace osprey {

StoppedChild::StoppedChild(const std::function<void()>& body, int signal) {
  pid_ = fork();
  if (pid_ == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    body();
    _exit(1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
  while (WIFSTOPPED(status) && WSTOPSIG(status) != signal) {  // its own signals: passed on
    ptrace(PTRACE_CONT, pid_, nullptr, WSTOPSIG(status));
    EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
  }
  EXPECT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == signal) << status;
  ReadRegisters();
}

bool StoppedChild::Step() {
  int status = 0;
  if (ptrace(PTRACE_SINGLESTEP, pid_, nullptr, nullptr) != 0) return false;
  EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
  if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) return false;
  ReadRegisters();
  return true;
}

void StoppedChild::ReadRegisters() {
  user_regs_struct user{};
  EXPECT_EQ(ptrace(PTRACE_GETREGS, pid_, nullptr, &user), 0);
  registers_.machine = OwnMachine();
  registers_.instruction_pointer = Address(user.rip);
  registers_.stack_pointer = Address(user.rsp);
  registers_.frame_pointer = Address(user.rbp);
  registers_.thread_pointer = Address(user.fs_base);
  registers_.general.resize(sizeof user / sizeof(std::uint64_t));
  std::memcpy(registers_.general.data(), &user, sizeof user);
}

StoppedChild::~StoppedChild() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void StoppedChild::Stand() {
  raise(SIGSTOP);
  _exit(0);
}

}  // namespace osprey
