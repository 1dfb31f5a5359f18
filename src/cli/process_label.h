// The root frame of a process: what all its samples stand on with --subprocesses.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "osprey/target/live_target.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

// "process PID: command". Of a long command only the beginning, and what moves a cursor becomes a
// blank: `python3 -c` has a whole script in its command line.
std::string ProcessLabel(pid_t pid, std::string_view command);

class ProcessRoot {
 public:
  // `identity` is LiveTarget::ProgramIdentity of the program that the samples are of.
  ProcessRoot(StackTable& stacks, const LiveTarget& target, std::string identity);

  // The stack of that one frame.
  StackId stack() const { return stack_; }
  // Gives the frame the command as it is now, if there is one: servers call their workers what they
  // do, after they were forked (setproctitle(3bsd)). Not the command of a program that the process
  // has executed since: that one gets a root of its own.
  void Refresh(StackTable& stacks, const LiveTarget& target);

 private:
  std::string identity_;
  std::string command_;
  FrameId frame_;
  StackId stack_;
};

}  // namespace osprey
