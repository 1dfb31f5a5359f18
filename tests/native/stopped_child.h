// A child of the test that stands still in a function of the test's own, for as long as it is
// looked at.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <functional>

#include "osprey/target/registers.h"

namespace osprey {

class StoppedChild {
 public:
  // Forks; `body` runs in the child and must call Stand() where it is to be looked at, or do there
  // what makes the kernel send `signal`.
  explicit StoppedChild(const std::function<void()>& body, int signal = SIGSTOP);
  StoppedChild(const StoppedChild&) = delete;
  StoppedChild& operator=(const StoppedChild&) = delete;
  ~StoppedChild();

  pid_t pid() const { return pid_; }
  // Lets it do one instruction. False when it has ended or a signal came.
  bool Step();

  // By ptrace(2), PTRACE_GETREGS.
  const Registers& registers() const { return registers_; }

  // In the child: stops it. Returns when it is killed, which is never.
  static void Stand();

 private:
  void ReadRegisters();

  pid_t pid_ = 0;
  Registers registers_;
};

}  // namespace osprey
