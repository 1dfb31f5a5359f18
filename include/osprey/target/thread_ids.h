// The kernel's ids of a process's threads: as the process itself counts them, and as we do.
#pragma once

#include <sys/types.h>

#include <map>
#include <vector>

#include "osprey/base/duration.h"

namespace osprey {

// A process in a pid namespace of its own has other ids inside than seen from outside
// (pid_namespaces(7)). In ours, both are the same and nothing is read.
class ThreadIds {
 public:
  explicit ThreadIds(pid_t pid);

  // What we call the thread that the process calls `inside`; 0 when there is no such thread, or
  // `inside` is 0. An answer is used for up to a second.
  pid_t Outside(pid_t inside, TimePoint now);
  // What the process calls its threads now; empty when it is gone.
  std::vector<pid_t> Inside() const;

 private:
  // By the process's own id.
  std::map<pid_t, pid_t> Read() const;

  pid_t pid_;
  bool has_own_ = false;  // ids of its own
  std::map<pid_t, pid_t> outside_;
  TimePoint read_;
};

}  // namespace osprey
