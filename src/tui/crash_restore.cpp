#include "tui/crash_restore.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <utility>
#include <vector>

namespace osprey {
namespace {

// Those that do not end a program by default (signal(7)), and those that nobody can handle.
constexpr std::array kHarmless = {SIGCHLD, SIGCONT, SIGSTOP,  SIGTSTP, SIGTTIN,
                                  SIGTTOU, SIGURG,  SIGWINCH, SIGKILL};

// Real-time signals end a program as well.
bool WouldEndUs(int number) {
  if (std::find(kHarmless.begin(), kHarmless.end(), number) != kHarmless.end()) return false;
  struct sigaction action {};
  // The C library keeps some numbers for itself and answers with an error.
  if (::sigaction(number, nullptr, &action) != 0) return false;
  // A sanitizer handles faults itself, and shall report them once the terminal is back.
  constexpr std::array kFaults = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  const bool is_fault = std::find(kFaults.begin(), kFaults.end(), number) != kFaults.end();
  return is_fault || ((action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL);
}

}  // namespace

struct CrashRestore::State {
  int fd;
  termios modes;
  std::string bytes;
  std::vector<std::pair<int, struct sigaction>> before;

  // A handler gets no argument of ours: there is no other way to it than this one.
  static std::atomic<const State*> current;
  static void Handle(int number);
};

std::atomic<const CrashRestore::State*> CrashRestore::State::current = nullptr;

void CrashRestore::State::Handle(int number) {
  // The second of two threads that crash finds nothing to do any more.
  if (const State* state = current.exchange(nullptr)) {
    const char* from = state->bytes.data();
    std::size_t left = state->bytes.size();
    while (left > 0) {
      const ssize_t written = ::write(state->fd, from, left);
      if (written <= 0) break;
      from += written;
      left -= static_cast<std::size_t>(written);
    }
    ::tcsetattr(state->fd, TCSANOW, &state->modes);
  }
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  ::sigaction(number, &by_default, nullptr);
  // It comes again when the handler returns; one that was sent, and not caused, needs to be sent.
  ::raise(number);
}

CrashRestore::CrashRestore(int fd, const termios& modes, std::string bytes)
    : state_(new State{fd, modes, std::move(bytes), {}}) {
  State::current = state_.get();
  struct sigaction action {};
  action.sa_handler = State::Handle;
  action.sa_flags = SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  for (int number = 1; number <= SIGRTMAX; ++number) {
    if (!WouldEndUs(number)) continue;
    struct sigaction before {};
    if (::sigaction(number, &action, &before) == 0) state_->before.emplace_back(number, before);
  }
}

CrashRestore::~CrashRestore() {
  for (const auto& [number, before] : state_->before) ::sigaction(number, &before, nullptr);
  State::current = nullptr;
}

}  // namespace osprey
