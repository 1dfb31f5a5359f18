#include "osprey/target/launched_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "osprey/base/unique_fd.h"

namespace osprey {
namespace {

// What a status that nobody can know any more counts as: Osprey's own failure.
constexpr int kUnknownStatus = 125;

// In the child, between fork and exec: only calls that signal-safety(7) allows, since another
// thread of ours may have held any lock at the moment of the fork. (execvp is not on that list;
// that of glibc takes no lock and no heap.)
[[noreturn]] void RunCommand(char* const* arguments, const Redirections& redirections,
                             int error_pipe) {
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  for (int number = 1; number <= SIGRTMAX; ++number) ::sigaction(number, &by_default, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // A copy of a descriptor stays open in what is executed (dup(2)).
  if (redirections.input) ::dup2(*redirections.input, STDIN_FILENO);
  if (redirections.output) {
    ::dup2(*redirections.output, STDOUT_FILENO);
    ::dup2(*redirections.output, STDERR_FILENO);
  }
  // Marked, not closed: the pipe has to live until the exec.
  ::close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC);
  ::execvp(arguments[0], arguments);
  const int number = errno;
  // A failed write leaves the parent with an end of file: it then sees the exit status 127.
  [[maybe_unused]] const ssize_t written = ::write(error_pipe, &number, sizeof number);
  ::_exit(127);
}

// The errno that came through the pipe; 0 when it was closed by a successful exec.
int ReceiveErrno(int pipe) {
  int number = 0;
  ssize_t got;
  do {
    got = ::read(pipe, &number, sizeof number);
  } while (got < 0 && errno == EINTR);
  // A write of four bytes into a pipe is never split (pipe(7), PIPE_BUF).
  return got == static_cast<ssize_t>(sizeof number) ? number : 0;
}

pid_t WaitWithoutInterrupt(pid_t pid, int* status, int flags) {
  pid_t waited;
  do {
    waited = ::waitpid(pid, status, flags);
  } while (waited < 0 && errno == EINTR);
  return waited;
}

// Whether a directory of PATH that we can look into has a file of that name.
bool IsInPath(const std::string& name) {
  const char* path = ::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const std::string_view directory = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), directory.size() + 1));
    if (::access(fmt::format("{}/{}", directory, name).c_str(), F_OK) == 0) return true;
  }
  return false;
}

Error ExecError(const std::string& name, int number) {
  const bool has_path = name.find('/') != std::string::npos;
  // execvp(3) says EACCES as soon as one directory of PATH is closed to us, whatever is in it.
  if (number == EACCES && !has_path && !IsInPath(name)) number = ENOENT;
  if (number == ENOENT && has_path && ::access(name.c_str(), F_OK) == 0) {
    return Error{ErrorCode::kCannotRun, 0, Address{},
                 fmt::format("cannot run {}: its interpreter does not exist", name)};
  }
  if (number == ENOENT || number == ENOTDIR) {
    return Error{ErrorCode::kNoSuchCommand, 0, Address{}, fmt::format("no such command: {}", name)};
  }
  return Error{ErrorCode::kCannotRun, number, Address{}, fmt::format("cannot run {}", name)};
}

int ShellStatus(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<LaunchedProcess> LaunchedProcess::Start(const std::vector<std::string>& command,
                                               const Redirections& redirections) {
  if (command.empty()) {
    return Error{ErrorCode::kInvalidArgument, 0, Address{}, "no command to run"};
  }
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // execvp(3) does not write to them
  }
  arguments.push_back(nullptr);

  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return ErrnoError(ErrorCode::kCannotRun, fmt::format("cannot run {}", command[0]));
  }
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return ErrnoError(ErrorCode::kCannotRun, fmt::format("cannot run {}", command[0]));
  if (pid == 0) RunCommand(arguments.data(), redirections, write_end.get());

  write_end.Reset();
  if (const int number = ReceiveErrno(read_end.get()); number != 0) {
    int status;
    WaitWithoutInterrupt(pid, &status, 0);
    return ExecError(command[0], number);
  }
  return LaunchedProcess(pid);
}

LaunchedProcess::LaunchedProcess(LaunchedProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_status_(other.exit_status_) {}

std::optional<int> LaunchedProcess::PollExit() {
  if (exit_status_) return exit_status_;
  if (pid_ <= 0) return std::nullopt;  // moved from: waitpid(-1) would reap a stranger's child
  if (!HasEnded()) return std::nullopt;
  return WaitExit();
}

bool LaunchedProcess::HasEnded() const {
  if (exit_status_) return true;
  if (pid_ <= 0) return false;
  siginfo_t info{};
  const int flags = WEXITED | WNOHANG | WNOWAIT;
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, flags) != 0) return true;
  return info.si_pid == pid_ && info.si_code != CLD_TRAPPED;  // traced by a ScopedPause of ours
}

void LaunchedProcess::Terminate() const {
  // Until it is reaped, the pid is nobody else's.
  if (!exit_status_ && pid_ > 0) ::kill(pid_, SIGTERM);
}

int LaunchedProcess::WaitExit() {
  if (exit_status_) return *exit_status_;
  if (pid_ <= 0) return kUnknownStatus;
  int status = 0;
  pid_t waited;
  do {
    waited = WaitWithoutInterrupt(pid_, &status, 0);
  } while (waited == pid_ && WIFSTOPPED(status));  // a ScopedPause of ours stops it
  exit_status_ = waited == pid_ ? ShellStatus(status) : kUnknownStatus;
  return *exit_status_;
}

}  // namespace osprey
