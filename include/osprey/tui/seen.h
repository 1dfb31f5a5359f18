// What was seen in the last seconds, and since the start.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/tui/slice.h"
#include "osprey/tui/stack_counts.h"

namespace osprey {

// A copy keeps what was seen until then, and costs as much as there are distinct stacks.
class Seen {
 public:
  struct Sums {
    double seconds = 0;
    double waited = 0;  // of these seconds, those without a program to sample
    std::uint64_t ticks = 0;
    std::uint64_t missed = 0;
    std::uint64_t threads = 0;  // samples of threads, as the next two
    std::uint64_t on_cpu = 0;
    std::uint64_t holds_gil = 0;

    double sampled_seconds() const { return seconds - waited; }
    // As many ticks as there would have been in all of the seconds: shares are of those.
    double whole_ticks() const;
  };
  using Counts = std::vector<StackCount>;

  explicit Seen(double window_seconds) : window_seconds_(window_seconds) {}

  // Adds a slice; what is older than the window leaves that. `left` gets the counts that left.
  // A slice longer than the window is the window, whole.
  void Add(const Slice& slice, const std::function<void(const Counts&)>& left);
  // Forgets all of it.
  void Reset();

  double window_seconds() const { return window_seconds_; }
  const Sums& window() const { return window_sums_; }
  const Sums& total() const { return total_sums_; }
  // Slice by slice, the same stack in several.
  void ForEachInWindow(const std::function<void(const StackCount&)>& visit) const;
  const Counts& total_counts() const { return total_.counts(); }

 private:
  struct Part {
    Sums sums;
    Counts counts;
  };

  double window_seconds_;
  std::deque<std::shared_ptr<const Part>> window_;
  Sums window_sums_;
  Sums total_sums_;
  StackCounts total_;
};

}  // namespace osprey
