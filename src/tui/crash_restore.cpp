#include "tui/crash_restore.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <utility>

namespace osprey {
namespace {

constexpr std::array kFaults = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

}  // namespace

struct CrashRestore::State {
  int fd;
  termios modes;
  std::string bytes;
  std::array<struct sigaction, kFaults.size()> before{};

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
  for (std::size_t i = 0; i < kFaults.size(); ++i) {
    ::sigaction(kFaults[i], &action, &state_->before[i]);
  }
}

CrashRestore::~CrashRestore() {
  for (std::size_t i = 0; i < kFaults.size(); ++i) {
    ::sigaction(kFaults[i], &state_->before[i], nullptr);
  }
  State::current = nullptr;
}

}  // namespace osprey
