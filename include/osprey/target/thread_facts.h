// What the kernel knows of one thread, for people who want to know why it stands still.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "osprey/base/duration.h"
#include "osprey/base/result.h"
#include "osprey/target/thread_activity.h"

namespace osprey {

struct ThreadFacts {
  pid_t tid = 0;
  std::string name;  // comm: 15 bytes at most, any bytes
  // As in proc_pid_stat(5): R runs or may, S and D sleep, T and t stopped, Z ended.
  char state = '?';
  ThreadActivity activity;
  // The name of the system call that it waits in; empty while it runs, and for one that is not
  // known. A call that it has entered again after a stop is named as the one that it was.
  std::string system_call;
  // How long it has slept: up to a millisecond more or less, and less by what other guests of a
  // virtual machine's host took of its processor meanwhile (the steal time of /proc/stat), and by
  // the time that the machine was suspended. None while it does not sleep, and where the kernel
  // does not say (CONFIG_SCHED_DEBUG) or we may not run on its processor (cpuset(7)).
  std::optional<Duration> asleep_for;
};

// Asked of thread `tid` of `pid`, without stopping it. To be asked before a ScopedPause: that wakes
// the thread up for a moment, and it is stopped then. Takes some 100 us and moves the calling
// thread to another processor for that long. kNoSuchProcess when the thread is gone.
Result<ThreadFacts> ReadThreadFacts(pid_t pid, pid_t tid);

// The name alone. kNoSuchProcess when the thread is gone.
Result<std::string> ReadThreadName(pid_t pid, pid_t tid);

// When the thread whose /proc/PID/task/TID/sched this is was last on a processor: se.exec_start, in
// the scheduler's own time. None when the text does not say.
std::optional<Duration> ParseExecStart(std::string_view text);

}  // namespace osprey
