#include "sampler/lock_graph.h"

#include <algorithm>

namespace osprey {

std::vector<std::vector<std::size_t>> FindDeadlocks(const std::vector<DumpedWait>& waits,
                                                    std::size_t threads) {
  constexpr std::size_t kNobody = SIZE_MAX;
  std::vector<std::size_t> waits_for(threads, kNobody);
  for (const DumpedWait& wait : waits) {
    // Who waits for the GIL gets it: its holder gives it up when it is asked to.
    if (!wait.owner || wait.what == DumpedWait::For::kGil) continue;
    if (wait.waiter < threads && *wait.owner < threads) waits_for[wait.waiter] = *wait.owner;
  }
  std::vector<std::vector<std::size_t>> circles;
  std::vector<std::size_t> seen_from(threads, kNobody);
  for (std::size_t start = 0; start < threads; ++start) {
    std::size_t at = start;
    while (at != kNobody && seen_from[at] == kNobody) {
      seen_from[at] = start;
      at = waits_for[at];
    }
    if (at == kNobody || seen_from[at] != start)
      continue;  // leads to an end, or to one found before
    std::vector<std::size_t> circle;
    const std::size_t first = at;
    do {
      circle.push_back(at);
      at = waits_for[at];
    } while (at != first);
    std::rotate(circle.begin(), std::min_element(circle.begin(), circle.end()), circle.end());
    circles.push_back(std::move(circle));
  }
  std::sort(circles.begin(), circles.end());
  return circles;
}

}  // namespace osprey
