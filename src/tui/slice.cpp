#include "osprey/tui/slice.h"

#include <algorithm>
#include <utility>

#include "osprey/tui/stack_counts.h"

namespace osprey {

std::uint8_t StateBitsOf(const Sample& sample) {
  unsigned bits = 0;
  if (sample.state.on_cpu) bits |= kOnCpu;
  if (sample.state.holds_gil) bits |= kHoldsGil;
  if (sample.state.waits_for_gil) bits |= kWaitsForGil;
  if (sample.is_waiting_task) bits |= kWaitingTask;
  return static_cast<std::uint8_t>(bits);
}

void Merge(Slice& into, Slice&& later) {
  StackCounts counts;
  for (const StackCount& each : into.counts) counts.Add(each.stack, each.state, each.count);
  for (const StackCount& each : later.counts) counts.Add(each.stack, each.state, each.count);
  into.counts = counts.Take();
  into.seconds += later.seconds;
  into.waited_seconds += later.waited_seconds;
  into.is_waiting = later.is_waiting;
  into.ticks += later.ticks;
  into.missed += later.missed;
  for (const std::int32_t pid : later.pids) {
    if (std::find(into.pids.begin(), into.pids.end(), pid) == into.pids.end()) {
      into.pids.push_back(pid);
    }
  }
  const auto append = [](auto& to, const auto& rows) {
    to.insert(to.end(), rows.begin(), rows.end());
  };
  append(into.news.strings, later.news.strings);
  append(into.news.frames, later.news.frames);
  append(into.news.nodes, later.news.nodes);
  append(into.news.renames, later.news.renames);
  into.figures = std::move(later.figures);
}

}  // namespace osprey
