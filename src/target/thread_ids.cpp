#include "osprey/target/thread_ids.h"

#include <fmt/format.h>

#include "target/proc_stat.h"

namespace osprey {
namespace {

// Ids are handed out in a circle: one comes again after thousands of others at the earliest.
constexpr Duration kReadEvery = std::chrono::seconds(1);

}  // namespace

ThreadIds::ThreadIds(const LiveTarget& target)
    : target_(target), has_own_(ReadNamespacePids(target.pid(), "status").size() > 1) {}

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

std::map<pid_t, pid_t> ThreadIds::Read() const {
  std::map<pid_t, pid_t> ids;
  for (const pid_t outside : target_.ThreadIds()) {
    const auto seen = ReadNamespacePids(target_.pid(), fmt::format("task/{}/status", outside));
    if (!seen.empty()) ids[seen.back()] = outside;
  }
  return ids;
}

}  // namespace osprey
