#include "osprey/tui/seen.h"

namespace osprey {
namespace {

Seen::Sums SumsOf(const Slice& slice) {
  Seen::Sums sums;
  sums.seconds = slice.seconds;
  sums.waited = slice.waited_seconds;
  sums.ticks = slice.ticks;
  sums.missed = slice.missed;
  for (const StackCount& each : slice.counts) {
    if ((each.state & kWaitingTask) != 0) continue;
    sums.threads += each.count;
    if ((each.state & kOnCpu) != 0) sums.on_cpu += each.count;
    if ((each.state & kHoldsGil) != 0) sums.holds_gil += each.count;
  }
  return sums;
}

void Add(Seen::Sums& to, const Seen::Sums& more) {
  to.seconds += more.seconds;
  to.waited += more.waited;
  to.ticks += more.ticks;
  to.missed += more.missed;
  to.threads += more.threads;
  to.on_cpu += more.on_cpu;
  to.holds_gil += more.holds_gil;
}

}  // namespace

double Seen::Sums::whole_ticks() const {
  const double taken = static_cast<double>(ticks);
  return sampled_seconds() > 0 ? taken * seconds / sampled_seconds() : taken;
}

void Seen::Add(const Slice& slice, const std::function<void(const Counts&)>& left) {
  window_.push_back(std::make_shared<const Part>(Part{SumsOf(slice), slice.counts}));
  osprey::Add(total_sums_, window_.back()->sums);
  for (const StackCount& each : slice.counts) total_.Add(each.stack, each.state, each.count);

  // The sums are added anew each time: taking seconds off them would leave a rest.
  double seconds = 0;
  std::size_t kept = 0;
  while (kept < window_.size()) {
    const double more = window_[window_.size() - 1 - kept]->sums.seconds;
    // A slice is left a moment after its time: a hundredth more is no slice more.
    if (kept > 0 && seconds + more > window_seconds_ * 1.01) break;
    seconds += more;
    ++kept;
  }
  while (window_.size() > kept) {
    left(window_.front()->counts);
    window_.pop_front();
  }
  window_sums_ = {};
  for (const auto& part : window_) osprey::Add(window_sums_, part->sums);
}

void Seen::Reset() {
  window_.clear();
  window_sums_ = {};
  total_sums_ = {};
  total_ = {};
}

void Seen::ForEachInWindow(const std::function<void(const StackCount&)>& visit) const {
  for (const auto& part : window_) {
    for (const StackCount& each : part->counts) visit(each);
  }
}

}  // namespace osprey
