// Who descends from a process: its children, their children, and so on while they live.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "osprey/base/unique_fd.h"

namespace osprey {

// How children are found. Both ask for one walk after the other: a list that changes while it is
// read may leave somebody out.
enum class ChildSearch {
  kChildrenFiles,  // /proc/PID/task/TID/children: reads what belongs to the tree and no more
  kParents,        // field 4 of every /proc/PID/stat: for kernels without CONFIG_PROC_CHILDREN
};

// kChildrenFiles where this kernel has them.
ChildSearch AvailableChildSearch();

// Whether `pid` has children, or had some and waited for their end; also of a zombie.
bool HasHadChildren(pid_t pid);

// A process that was seen once stays in the tree until it ends, also when its parent ends before
// it. Not seen is a process whose parent ended before a walk came by, unless it became a child of
// ours by OrphanAdoption.
class ProcessTree {
 public:
  struct Process {
    pid_t pid = 0;
    std::uint64_t start_time = 0;  // clock ticks after boot: tells it from a later one of that pid
  };
  struct Changes {
    std::vector<Process> arrived;  // parents before their children; the first time with the root
    std::vector<Process> ended;
  };

  // With `adopts`, every child of the calling process belongs to the tree, and those but the root
  // are reaped when they have ended.
  ProcessTree(pid_t root, bool adopts, ChildSearch search);

  // Whether a process or thread was started anywhere on the machine since the last Walk: one read
  // of /proc/loadavg, whose last field is the newest pid (proc_loadavg(5)). True where that
  // cannot be known.
  bool MayHaveGrown() const;

  // Looks at everyone. With children files the cost is some 50 us for a process and 5 us for each
  // of its threads, else 20 us for every process of the machine.
  Changes Walk();

  // Whether the root was alive at the last Walk; true before the first.
  bool HasRoot() const { return has_root_; }
  // Whether it is alive now: one file is read.
  bool HasLivingRoot() const;
  // Whether a member was in the session of the root (setsid(2)) at the last Walk: a daemon is not.
  bool IsInSession(pid_t pid) const;
  std::size_t size() const { return members_.size(); }

 private:
  struct Member {
    std::uint64_t start_time = 0;
    pid_t session = 0;
  };

  void RemoveEnded(Changes& changes);
  void AddDescendants(Changes& changes);
  // False for one that has ended or is known already.
  bool Add(pid_t pid, Changes& changes);
  std::string NewestPid() const;

  pid_t root_;
  bool adopts_;
  ChildSearch search_;
  std::optional<std::uint64_t> root_start_;  // none before the first Walk, 0 where there was none
  bool has_root_ = true;
  pid_t session_;  // of the root while it lives, and then the last it had
  UniqueFd loadavg_;
  std::string newest_pid_;  // at the last Walk
  std::map<pid_t, Member> members_;
};

}  // namespace osprey
