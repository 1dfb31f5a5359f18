#include "sampler/moment_watch.h"

#include <utility>

#include "osprey/python/linked_frames.h"

namespace osprey {

MomentWatch::MomentWatch(const LiveTarget& target, const Runtime& runtime, double rate_hz)
    : runtime_(runtime), judge_(target, rate_hz) {
  const auto frames = LinkedFramesOf(runtime.layout);
  if (!frames || rate_hz < 1) return;
  auto moments = MomentSamples::Open(target.pid(), rate_hz, *frames);
  if (moments) moments_.emplace(std::move(*moments));
}

void MomentWatch::Follow(const std::vector<PythonThread>& threads) {
  if (!moments_) return;
  std::map<pid_t, Head> heads;
  std::map<pid_t, int> counts;
  for (const PythonThread& thread : threads) {
    ++counts[thread.tid];
    heads[thread.tid] = {thread.state, thread.interpreter};
  }
  std::erase_if(heads, [&](const auto& head) { return head.first == 0 || counts[head.first] > 1; });
  for (const auto& [tid, head] : watched_) {
    if (!heads.contains(tid)) moments_->Forget(tid);
  }
  const Offset generation = runtime_.layout.interpreter_state.code_object_generation;
  for (auto head = heads.begin(); head != heads.end();) {
    const auto known = watched_.find(head->first);
    const bool is_watched = known != watched_.end() && known->second == head->second;
    const Address word = generation == kAbsent ? Address{} : head->second.interpreter + generation;
    if (is_watched || moments_->Watch(head->first, head->second.thread, word)) {
      ++head;
    } else {
      head = heads.erase(head);
    }
  }
  watched_ = std::move(heads);
}

void MomentWatch::Read(TimePoint now, const std::function<bool(const MomentSample&)>& take) {
  if (!moments_) return;
  moments_->Read([&](const MomentSample& moment) {
    ++samples_;
    short_.Count(take(moment));
  });
  lost_ = moments_->lost();
  if (short_.AreMany() || !judge_.IsBelievable(now, samples_ + lost_)) TurnOff();
}

std::uint64_t MomentWatch::TakeLost() { return lost_ - std::exchange(told_, lost_); }

}  // namespace osprey
