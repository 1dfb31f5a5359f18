// A command that Osprey starts itself, with its own exit status, standard input and output.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "osprey/base/result.h"

namespace osprey {

// Descriptors of ours that a command gets as its own; none: it has ours.
struct Redirections {
  std::optional<int> input;
  std::optional<int> output;  // standard output and standard error
};

class LaunchedProcess {
 public:
  // Starts `command` (found in PATH, as a shell does). The error of a failed exec comes back here:
  // kNoSuchCommand ("no such command: frobnicate"), kCannotRun ("cannot run ./data.txt: Permission
  // denied"). The child has default signal dispositions and mask, and none of our descriptors.
  static Result<LaunchedProcess> Start(const std::vector<std::string>& command,
                                       const Redirections& redirections = {});
  LaunchedProcess(LaunchedProcess&& other) noexcept;
  LaunchedProcess& operator=(LaunchedProcess&&) = delete;
  // Waits for nobody: a child that still runs goes on.
  ~LaunchedProcess() = default;

  pid_t pid() const { return pid_; }
  // The exit status as a shell would give it (128+N for signal N) once the child has ended; reaps
  // it then. None while it runs.
  std::optional<int> PollExit();
  // Whether the exit status was taken, so that the pid may be another's by now.
  bool is_reaped() const { return exit_status_.has_value(); }
  // Whether the child has ended; leaves it to be reaped.
  bool HasEnded() const;
  // Asks it to end (SIGTERM), if it still runs.
  void Terminate() const;
  // Blocks until the child ends.
  int WaitExit();

 private:
  explicit LaunchedProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;
  std::optional<int> exit_status_;
};

}  // namespace osprey
