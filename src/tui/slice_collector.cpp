#include "osprey/tui/slice_collector.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace osprey {
namespace {

// The search for a program that is there takes less than this time.
constexpr Duration kShortWait = std::chrono::milliseconds(300);

}  // namespace

Result<std::unique_ptr<SliceCollector>> SliceCollector::Create(const StackTable& stacks,
                                                               Duration period, Duration first) {
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.valid()) return ErrnoError(ErrorCode::kIo, "cannot wait for samples");
  return std::unique_ptr<SliceCollector>(
      new SliceCollector(stacks, period, first, std::move(event)));
}

SliceCollector::~SliceCollector() { delete place_.load(); }

void SliceCollector::OnSample(const Sample& sample) {
  // Processes come in turn; there are few.
  if (pids_.empty() || pids_.back() != sample.pid) {
    const auto found = std::find(pids_.begin(), pids_.end(), sample.pid);
    if (found == pids_.end()) {
      pids_.push_back(sample.pid);
    } else {
      std::iter_swap(found, pids_.end() - 1);
    }
  }
  counts_.Add(sample.stack, StateBitsOf(sample), 1);
}

void SliceCollector::Show(TimePoint now, const RunFigures& figures) {
  waits_since_ = TimePoint();
  LeaveWhenDue(now, figures);
}

void SliceCollector::ShowWait(TimePoint now, const RunFigures& figures) {
  if (begin_ != TimePoint()) waited_ += now - now_;
  if (waits_since_ == TimePoint()) waits_since_ = now;
  LeaveWhenDue(now, figures);
}

void SliceCollector::LeaveWhenDue(TimePoint now, const RunFigures& figures) {
  if (begin_ == TimePoint()) {
    begin_ = now;
    left_ = now + first_ - period_;
  }
  now_ = now;
  if (now - left_ < period_ || place_.load(std::memory_order_relaxed) != nullptr) return;
  left_ = now;
  figures_ = figures;
  Leave(Fill());
}

void SliceCollector::BeginRun() {
  waits_since_ = TimePoint();
  waited_ = Duration(0);
  begin_ = TimePoint();
  ticks_ = 0;
  missed_ = 0;
  figures_ = {};
}

void SliceCollector::EndRun(TimePoint now, const RunFigures& figures) {
  if (begin_ == TimePoint()) begin_ = now;
  now_ = now;
  figures_ = figures;
  std::unique_ptr<Slice> slice = Fill();
  // Taken back from a drawer that has not come yet.
  if (std::unique_ptr<Slice> older{place_.exchange(nullptr, std::memory_order_acq_rel)}) {
    Merge(*older, std::move(*slice));
    slice = std::move(older);
  }
  Leave(std::move(slice));
}

std::unique_ptr<Slice> SliceCollector::Fill() {
  auto slice = std::make_unique<Slice>();
  slice->seconds = Seconds(now_ - begin_);
  begin_ = now_;
  slice->waited_seconds = Seconds(std::exchange(waited_, Duration(0)));
  slice->is_waiting = waits_since_ != TimePoint() && now_ - waits_since_ >= kShortWait;
  slice->ticks = figures_.ticks - std::exchange(ticks_, figures_.ticks);
  slice->missed = figures_.missed_ticks - std::exchange(missed_, figures_.missed_ticks);
  slice->counts = counts_.Take();
  slice->pids = std::exchange(pids_, {});
  slice->news = stacks_.TakeNews(mark_);
  slice->figures = figures_;
  return slice;
}

void SliceCollector::Leave(std::unique_ptr<Slice> slice) {
  place_.store(slice.release(), std::memory_order_release);
  const std::uint64_t one = 1;
  // It can only fail when it is readable already.
  [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
}

std::unique_ptr<Slice> SliceCollector::Take() {
  std::uint64_t times = 0;
  [[maybe_unused]] const ssize_t got = ::read(event_.get(), &times, sizeof times);
  return std::unique_ptr<Slice>(place_.exchange(nullptr, std::memory_order_acq_rel));
}

}  // namespace osprey
