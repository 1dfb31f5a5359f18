// Collects samples in the thread that takes them, and hands them over without ever waiting.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/base/result.h"
#include "osprey/base/unique_fd.h"
#include "osprey/trace/run_figures.h"
#include "osprey/trace/sample.h"
#include "osprey/trace/stack_table.h"
#include "osprey/tui/slice.h"
#include "osprey/tui/stack_counts.h"

namespace osprey {

// One thread samples and one draws. The first fills a slice and leaves it in a place that holds
// one; while the second has not taken that, the next slice only grows. Neither waits for the other.
class SliceCollector : public SampleSink {
 public:
  // `stacks` is the sampling thread's own, and must outlive this. A slice is left every `period`,
  // the first of a run after `first`. kIo when there can be no eventfd(2).
  static Result<std::unique_ptr<SliceCollector>> Create(const StackTable& stacks, Duration period,
                                                        Duration first);
  ~SliceCollector() override;
  SliceCollector(const SliceCollector&) = delete;
  SliceCollector& operator=(const SliceCollector&) = delete;

  // For the thread that samples.
  void OnSample(const Sample& sample) override;
  // To be called between two ticks, and as often as the thread wakes up. `figures` are those of the
  // run since BeginRun; the slice that is due is left.
  void Show(TimePoint now, const RunFigures& figures);
  // The same while there is no program to sample: the time goes on, and has no ticks.
  void ShowWait(TimePoint now, const RunFigures& figures);
  // A run begins; its figures count from zero.
  void BeginRun();
  // The run is over: leaves what there is, whatever lies there (merged with it, if need be).
  void EndRun(TimePoint now, const RunFigures& figures);

  // For the thread that draws.
  // Readable when there may be a slice: what poll(2) can wait for.
  int fd() const { return event_.get(); }
  // The slice that lies there, or null.
  std::unique_ptr<Slice> Take();

 private:
  SliceCollector(const StackTable& stacks, Duration period, Duration first, UniqueFd event)
      : stacks_(stacks), period_(period), first_(first), event_(std::move(event)) {}
  void LeaveWhenDue(TimePoint now, const RunFigures& figures);
  std::unique_ptr<Slice> Fill();
  void Leave(std::unique_ptr<Slice> slice);

  const StackTable& stacks_;
  const Duration period_;
  const Duration first_;
  StackTable::Mark mark_;
  StackCounts counts_;
  std::vector<std::int32_t> pids_;
  RunFigures figures_;        // at the last Show
  std::uint64_t ticks_ = 0;   // of the run, in slices before
  std::uint64_t missed_ = 0;  // likewise
  TimePoint begin_;           // of the slice; zero: the run has not begun
  TimePoint now_;             // of the last Show or ShowWait
  TimePoint waits_since_;     // of the first ShowWait after the last Show; zero: none came
  Duration waited_{0};        // in the slice
  TimePoint left_;            // when the last slice was left

  UniqueFd event_;
  std::atomic<Slice*> place_ = nullptr;  // the one thing that both threads touch
};

}  // namespace osprey
