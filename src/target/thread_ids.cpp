#include "osprey/target/thread_ids.h"

#include "target/proc_stat.h"
#include "target/proc_task.h"

namespace osprey {
namespace {

// Ids are handed out in a circle: one comes again after thousands of others at the earliest.
constexpr Duration kReadEvery = std::chrono::seconds(1);

}  // namespace

ThreadIds::ThreadIds(pid_t pid) : pid_(pid) {
  const auto status = ReadThreadStatus(pid, pid);
  has_own_ = status && status->namespace_ids.size() > 1;
}

pid_t ThreadIds::Outside(pid_t inside, TimePoint now) {
  if (!has_own_ || inside == 0) return inside;
  auto found = outside_.find(inside);
  if (found == outside_.end() || now - read_ >= kReadEvery) {
    outside_ = Read();
    read_ = now;
    found = outside_.find(inside);
  }
  return found == outside_.end() ? 0 : found->second;
}

std::vector<pid_t> ThreadIds::Inside() const {
  if (!has_own_) return ListThreadIds(pid_);
  std::vector<pid_t> ids;
  for (const auto& [inside, outside] : Read()) ids.push_back(inside);
  return ids;
}

std::map<pid_t, pid_t> ThreadIds::Read() const {
  std::map<pid_t, pid_t> ids;
  for (const pid_t outside : ListThreadIds(pid_)) {
    const auto status = ReadThreadStatus(pid_, outside);
    if (status && !status->namespace_ids.empty()) ids[status->namespace_ids.back()] = outside;
  }
  return ids;
}

}  // namespace osprey
