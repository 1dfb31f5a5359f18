#include "cli/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace osprey {

Result<StopSignals> StopSignals::Block(std::initializer_list<int> more) {
  sigset_t signals;
  sigset_t before;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  for (const int number : more) {
    // Whoever started us so that it is ignored (nohup(1)) wants that; blocked, it would be kept.
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) continue;
    sigaddset(&signals, number);
  }
  if (::sigprocmask(SIG_BLOCK, &signals, &before) != 0) {
    return ErrnoError(ErrorCode::kIo, "cannot block signals");
  }
  UniqueFd fd(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd.valid()) {
    const Error error = ErrnoError(ErrorCode::kIo, "cannot wait for signals");
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    return error;
  }
  return StopSignals(std::move(fd), before);
}

StopSignals::StopSignals(StopSignals&& other) noexcept
    : fd_(std::move(other.fd_)), before_(other.before_) {}

StopSignals::~StopSignals() { Release(); }

int StopSignals::Take() {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != sizeof info) return 0;
  return static_cast<int>(info.ssi_signo);
}

void StopSignals::Release() {
  if (!fd_.valid()) return;
  while (Take() != 0) {
  }
  fd_.Reset();
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace osprey
