// What we call the threads of a process that counts them for itself.
#pragma once

#include <sys/types.h>

#include <map>

#include "osprey/base/duration.h"
#include "osprey/target/live_target.h"

namespace osprey {

// A process in a pid namespace of its own has other ids inside than seen from outside
// (pid_namespaces(7)). In ours, both are the same and nothing is read.
class ThreadIds {
 public:
  // `target` must outlive this.
  explicit ThreadIds(const LiveTarget& target);

  // What we call the thread that the process calls `inside`; 0 when there is no such thread, or
  // `inside` is 0. An answer is used for up to a second.
  pid_t Outside(pid_t inside, TimePoint now);

 private:
  // By the process's own id.
  std::map<pid_t, pid_t> Read() const;

  const LiveTarget& target_;
  bool has_own_;  // ids of its own
  std::map<pid_t, pid_t> outside_;
  TimePoint read_;
};

}  // namespace osprey
