// Gives the terminal back even when a signal ends the program.
#pragma once

#include <termios.h>

#include <memory>
#include <string>

namespace osprey {

// While it lives, a signal that would end the program, by its own fault (SIGSEGV, SIGABRT) or by
// somebody's wish (SIGUSR1, SIGALRM), first writes `bytes` to the terminal `fd` and sets its modes
// back, with calls that signal-safety(7) allows, and then does what it would have done. Signals
// that are ignored or handled stay so; those that are blocked are their keeper's. One at a time.
class CrashRestore {
 public:
  CrashRestore(int fd, const termios& modes, std::string bytes);
  CrashRestore(const CrashRestore&) = delete;
  CrashRestore& operator=(const CrashRestore&) = delete;
  ~CrashRestore();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace osprey
