// Which threads the kernel is asked about at a tick: those that ran are asked about every time,
// those that wait less often the longer they do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "osprey/base/duration.h"

namespace osprey {

// Threads go by their place in the sampler's list.
class LookSchedule {
 public:
  static constexpr std::uint32_t kNew = 0xFFFFFFFF;

  // `clock` says what looking costs.
  explicit LookSchedule(std::function<TimePoint()> clock = &Clock::now)
      : clock_(std::move(clock)) {}

  // How long after it was seen to wait a thread that has waited since `since` is looked at again:
  // a sixteenth of that time, so that of a run after a rest that much of the rest is missed at
  // most; no sooner than an answer is good for (50 us), and never more than 10 ms.
  static Duration RestAfter(Duration waited);

  // There is another list of threads: `before` has for each its place in the old one, or kNew.
  // New ones count as running.
  void Renumber(std::span<const std::uint32_t> before);

  // Threads that were seen running, or were not seen yet.
  const std::vector<std::uint32_t>& running() const { return running_; }
  bool IsRunning(std::uint32_t thread) const { return threads_[thread].runs; }

  // Looks at all that ran at the last look; `runs` asks the kernel about one.
  template <typename Runs>
  void LookAtRunning(TimePoint now, const Runs& runs) {
    std::erase_if(running_, [&](std::uint32_t thread) {
      if (runs(thread)) return false;
      Rest(thread, now);
      return true;
    });
  }

  // Looks at those that waited and are due, and adds those that run now to `woken`. This takes at
  // most a tenth of the time that passes: with very many threads, all are looked at less often.
  // Three looks of four go first to those that ran within the last second: whoever wakes up often
  // is found though there is no time for a crowd that never does.
  template <typename Runs>
  void LookAtWaiting(TimePoint now, const Runs& runs, std::vector<std::uint32_t>& woken) {
    Earn(now);
    while (credit_ > Duration(0)) {
      const auto thread = TakeDue(now);
      if (!thread) break;
      const TimePoint start = clock_();
      Saw(*thread, runs(*thread), now);
      if (IsRunning(*thread)) woken.push_back(*thread);
      credit_ -= clock_() - start;
    }
  }

  // What somebody else saw of a thread.
  void Saw(std::uint32_t thread, bool runs, TimePoint now);
  // Any thread may have run since it was looked at: all are due, those seen longest ago first.
  void DisturbAll();

 private:
  struct Thread {
    bool runs = true;
    TimePoint waits_since;  // the first look that saw it wait, and none since saw it run
    TimePoint seen;
    TimePoint due;
  };
  struct Due {
    TimePoint at;
    std::uint32_t thread;
    bool operator<(const Due& other) const { return at > other.at; }  // the earliest on top
  };

  void Earn(TimePoint now);
  void Rest(std::uint32_t thread, TimePoint now);
  // A heap; an entry that its thread does not agree with is void.
  using Queue = std::vector<Due>;
  void Add(std::uint32_t thread);
  // The waiting thread that is due first, if any is by `now`.
  std::optional<std::uint32_t> TakeDue(TimePoint now);
  std::optional<std::uint32_t> TakeDue(Queue& queue, TimePoint now);

  std::function<TimePoint()> clock_;
  std::vector<Thread> threads_;
  std::vector<std::uint32_t> running_;
  Queue lively_;  // those that had waited for less than a second when they were last looked at
  Queue idle_;    // the others
  unsigned turn_ = 0;
  TimePoint last_;
  Duration credit_{0};  // time that looking may take
};

}  // namespace osprey
