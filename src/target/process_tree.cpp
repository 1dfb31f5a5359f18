#include "osprey/target/process_tree.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <string_view>

#include "target/child_search.h"
#include "target/proc_stat.h"

namespace osprey {

ProcessTree::ProcessTree(pid_t root, bool adopts, ChildSearch search)
    : root_(root),
      adopts_(adopts),
      search_(search),
      session_(::getsid(root)),
      loadavg_(::open("/proc/loadavg", O_RDONLY | O_CLOEXEC)) {}

std::string ProcessTree::NewestPid() const {
  std::array<char, 128> text;  // "0.00 0.01 0.05 1/123 4242"
  const ssize_t got = ::pread(loadavg_.get(), text.data(), text.size(), 0);
  if (got <= 0) return {};
  const std::string_view line(text.data(), static_cast<std::size_t>(got));
  return std::string(line.substr(line.rfind(' ') + 1));
}

bool ProcessTree::MayHaveGrown() const {
  const std::string newest = NewestPid();
  return newest.empty() || newest != newest_pid_;
}

bool ProcessTree::HasLivingRoot() const {
  const auto stat = ReadProcessStat(root_);
  return stat && (root_start_ ? IsStillRunning(*stat, *root_start_) : !stat->has_ended());
}

bool ProcessTree::IsInSession(pid_t pid) const {
  const auto member = members_.find(pid);
  return member != members_.end() && member->second.session == session_;
}

bool ProcessTree::Add(pid_t pid, Changes& changes) {
  if (members_.contains(pid)) return false;
  const auto stat = ReadProcessStat(pid);
  if (!stat || stat->has_ended()) return false;
  members_.emplace(pid, Member{stat->start_time, stat->session});
  changes.arrived.push_back({pid, stat->start_time});
  return true;
}

void ProcessTree::RemoveEnded(Changes& changes) {
  for (auto member = members_.begin(); member != members_.end();) {
    const auto stat = ReadProcessStat(member->first);
    if (stat && IsStillRunning(*stat, member->second.start_time)) {
      member->second.session = stat->session;
      ++member;
      continue;
    }
    changes.ended.push_back({member->first, member->second.start_time});
    member = members_.erase(member);
  }
}

void ProcessTree::AddDescendants(Changes& changes) {
  std::multimap<pid_t, pid_t> all;
  if (search_ == ChildSearch::kParents) all = ChildrenOfAll();
  const auto children_of = [&](pid_t pid) {
    if (search_ == ChildSearch::kChildrenFiles) return ChildrenOf(pid);
    std::vector<pid_t> children;
    const auto [first, last] = all.equal_range(pid);
    for (auto child = first; child != last; ++child) children.push_back(child->second);
    return children;
  };
  std::deque<pid_t> to_visit;
  for (const auto& [pid, member] : members_) to_visit.push_back(pid);
  // Everyone is visited once, so this ends with the tree.
  const auto visit_all = [&] {
    while (!to_visit.empty()) {
      const pid_t parent = to_visit.front();
      to_visit.pop_front();
      for (const pid_t child : children_of(parent)) {
        if (Add(child, changes)) to_visit.push_back(child);
      }
    }
  };
  visit_all();
  if (!adopts_) return;
  // Last, so that a child whose parent has ended since the beginning is found here.
  for (const pid_t child : children_of(::getpid())) {
    if (Add(child, changes)) {
      to_visit.push_back(child);
    } else if (child != root_ && !members_.contains(child)) {
      ::waitpid(child, nullptr, WNOHANG);  // an orphan that has ended, and has nobody but us
    }
  }
  visit_all();
}

ProcessTree::Changes ProcessTree::Walk() {
  Changes changes;
  // Read first: who is started from here on is seen by this walk or makes for another one.
  newest_pid_ = NewestPid();
  RemoveEnded(changes);
  if (!root_start_) {
    Add(root_, changes);
    root_start_ = changes.arrived.empty() ? 0 : changes.arrived.front().start_time;
  }
  AddDescendants(changes);
  const auto root = members_.find(root_);
  has_root_ = root != members_.end() && root->second.start_time == *root_start_;
  if (has_root_) session_ = root->second.session;
  return changes;
}

}  // namespace osprey
