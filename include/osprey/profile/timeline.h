// Keeps the order in which each thread's stacks were seen, within a fixed amount of memory.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "osprey/trace/sample.h"

namespace osprey {

class Timeline : public SampleSink {
 public:
  struct Thread {
    std::int32_t pid = 0;
    std::int64_t tid = 0;
    auto operator<=>(const Thread&) const = default;
  };
  // The same stack seen `count` times in a row.
  struct Run {
    StackId stack;
    std::uint32_t count = 0;
  };
  struct Track {
    Thread thread;
    std::deque<Run> runs;  // a deque grows without ever holding two copies of itself
  };

  // 64 MiB are eight million runs: hours of an ordinary program at 1000 Hz.
  static constexpr std::size_t kDefaultMaxBytes = std::size_t{64} << 20;

  explicit Timeline(std::size_t max_bytes = kDefaultMaxBytes) : bytes_left_(max_bytes) {}

  void OnSample(const Sample& sample) override;

  // The same of other stacks: `ids` has for each what became of it.
  Timeline Renamed(const std::vector<StackId>& ids) const;

  // In the order in which the threads were first seen.
  const std::deque<Track>& tracks() const { return tracks_; }
  // Samples that were not kept because the memory was used up: then the tracks end too early.
  std::uint64_t dropped() const { return dropped_; }
  bool truncated() const { return dropped_ > 0; }
  // How often each stack of a waiting task was seen: they have no order in time.
  const std::map<StackId, std::uint64_t>& waiting_tasks() const { return waiting_tasks_; }

 private:
  std::size_t bytes_left_;
  std::uint64_t dropped_ = 0;
  std::deque<Track> tracks_;
  std::map<StackId, std::uint64_t> waiting_tasks_;
  std::map<Thread, Track*> by_thread_;
  Track* last_ = nullptr;  // most samples are of the thread of the sample before
};

}  // namespace osprey
