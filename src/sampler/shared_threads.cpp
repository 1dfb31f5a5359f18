#include "sampler/shared_threads.h"

#include <map>

namespace osprey {

void SharedThreads::Find(const std::vector<std::unique_ptr<ThreadSampler>>& threads) {
  group_of_.assign(threads.size(), kAlone);
  groups_.clear();
  std::map<pid_t, std::vector<std::uint32_t>> by_tid;
  for (std::uint32_t i = 0; i < threads.size(); ++i) {
    if (threads[i]->thread().tid != 0) by_tid[threads[i]->thread().tid].push_back(i);
  }
  for (auto& [tid, members] : by_tid) {
    if (members.size() < 2) continue;
    for (const std::uint32_t i : members) group_of_[i] = static_cast<std::uint32_t>(groups_.size());
    groups_.push_back(std::move(members));
  }
}

bool SharedThreads::IsOnTop(const std::vector<std::unique_ptr<ThreadSampler>>& threads,
                            std::uint32_t thread, std::uint64_t look) const {
  if (group_of_[thread] == kAlone || threads[thread]->held_gil_at() == look) return true;
  const ThreadSampler* last = nullptr;
  for (const std::uint32_t i : groups_[group_of_[thread]]) {
    const ThreadSampler& other = *threads[i];
    if (other.taken().end == WalkEnd::kNoFrames) continue;
    if (last == nullptr || other.held_gil_at() > last->held_gil_at()) last = &other;
  }
  return last == threads[thread].get();
}

}  // namespace osprey
