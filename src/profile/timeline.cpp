#include "osprey/profile/timeline.h"

#include <limits>

namespace osprey {
namespace {

// A deque's first block and map, and the entry in the index of threads.
constexpr std::size_t kBytesPerTrack = 1024;

}  // namespace

void Timeline::OnSample(const Sample& sample) {
  if (sample.is_waiting_task) {
    ++waiting_tasks_[sample.stack];
    return;
  }
  // Once something is missing, what comes later would stand at the wrong time.
  if (truncated()) {
    ++dropped_;
    return;
  }
  const Thread thread{sample.pid, sample.tid};
  if (last_ == nullptr || last_->thread != thread) {
    const auto found = by_thread_.find(thread);
    if (found != by_thread_.end()) {
      last_ = found->second;
    } else {
      if (bytes_left_ < kBytesPerTrack) {
        ++dropped_;
        return;
      }
      bytes_left_ -= kBytesPerTrack;
      last_ = &tracks_.emplace_back(Track{thread, {}});
      by_thread_.emplace(thread, last_);
    }
  }
  auto& runs = last_->runs;
  if (!runs.empty() && runs.back().stack == sample.stack &&
      runs.back().count < std::numeric_limits<std::uint32_t>::max()) {
    ++runs.back().count;
    return;
  }
  if (bytes_left_ < sizeof(Run)) {
    ++dropped_;
    return;
  }
  bytes_left_ -= sizeof(Run);
  runs.push_back(Run{sample.stack, 1});
}

Timeline Timeline::Renamed(const std::vector<StackId>& ids) const {
  Timeline renamed(0);
  renamed.dropped_ = dropped_;
  renamed.tracks_ = tracks_;
  for (Track& track : renamed.tracks_) {
    for (Run& run : track.runs) run.stack = ids[run.stack.value];
  }
  for (const auto& [stack, count] : waiting_tasks_) {
    renamed.waiting_tasks_[ids[stack.value]] += count;
  }
  return renamed;
}

}  // namespace osprey
