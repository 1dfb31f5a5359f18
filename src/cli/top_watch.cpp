#include "cli/top_watch.h"

#include <map>
#include <string>
#include <utility>

#include "osprey/target/process_usage.h"

namespace osprey {

bool TopWatch::TakeSlice() {
  const auto slice = sampling.Take();
  if (!slice) return false;
  model.Take(*slice);
  return true;
}

void TopWatch::ReadUsage(TimePoint now) {
  constexpr Duration kEvery = std::chrono::milliseconds(500);
  if (now - usage_read < kEvery) return;
  usage_read = now;
  std::map<std::int32_t, ProcessMetrics> processes;
  const auto read = [&](pid_t pid) {
    if (const auto metrics = ReadProcessUsage(pid)) processes.emplace(pid, *metrics);
  };
  // Those that were sampled last are gone, or no Python any more: what was asked for is left.
  if (model.pids().empty() || model.is_waiting()) {
    read(root);
  } else {
    for (const pid_t pid : model.pids()) read(pid);
  }
  // With nobody left to ask, what was used falls to nothing; but the last table is to have the last
  // figures of what has just ended.
  if (!processes.empty() || model.is_waiting()) model.usage().Add(now, processes);
  if (output != nullptr) output->Trim();
  // It may have executed another program: a wrapper that becomes Python.
  std::string now_called = target != nullptr ? target->Title() : std::string();
  if (!now_called.empty()) facts.command = title = std::move(now_called);
}

}  // namespace osprey
