#include "cli/command_end.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>

namespace osprey {
namespace {

// A command that ends has ended within this time.
constexpr timespec kMoment = {0, 300'000'000};

sigset_t StopSignalSet() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

int AwaitCommand(LaunchedProcess& command, bool was_stopped) {
  // Blocked signals are kept for sigtimedwait(2), SIGCHLD as well. Those that are left are never
  // let in: one that comes together with the command's end must not take the place of its status.
  sigset_t awaited = StopSignalSet();
  if (was_stopped) sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &awaited, nullptr);
  bool is_said = false;
  while (!command.PollExit()) {
    const int number = ::sigtimedwait(&awaited, nullptr, is_said ? nullptr : &kMoment);
    if (number == SIGINT || number == SIGTERM) {
      if (number == SIGTERM) command.Terminate();
      const sigset_t stop = StopSignalSet();
      sigdelset(&awaited, SIGINT);
      sigdelset(&awaited, SIGTERM);
      ::sigprocmask(SIG_UNBLOCK, &stop, nullptr);
    }
    if (number < 0 && errno == EAGAIN) {
      is_said = true;
      fmt::print(stderr, "waiting for process {}, which goes on (Ctrl-C ends it)\n", command.pid());
    }
  }
  return command.WaitExit();
}

}  // namespace osprey
