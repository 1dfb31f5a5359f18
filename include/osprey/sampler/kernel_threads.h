// What is known of a process's threads without looking at its Python.
#pragma once

#include <sys/types.h>

#include <vector>

#include "osprey/target/core_target.h"
#include "osprey/target/live_target.h"
#include "osprey/target/thread_facts.h"

namespace osprey {

struct KernelThread {
  ThreadFacts facts;     // its id as seen from here
  pid_t inside_tid = 0;  // as the process sees it, which is what its memory has
  // It took the signal that ended the process, of a core file that says what did.
  bool took_signal = false;
};

// Those of a process that runs; empty when it is gone.
std::vector<KernelThread> LookAtThreads(const LiveTarget& target);

// Takes back what `threads`, LookAtThreads of a moment ago, says of those that have done something
// since: they run. Returns their ids (ThreadFacts::tid).
std::vector<pid_t> DropOutdated(const LiveTarget& target, std::vector<KernelThread>& threads);

// Those of a core file. A thread that was in no system call counts as running.
std::vector<KernelThread> ThreadsOfCore(const CoreTarget& target);

}  // namespace osprey
