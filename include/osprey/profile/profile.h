// Counts the samples of a run by stack: small and constant work for each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "osprey/trace/run_figures.h"
#include "osprey/trace/sample.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

class Profile : public SampleSink {
 public:
  // `stacks` is where the samples' ids come from; it must outlive the profile.
  explicit Profile(const StackTable& stacks) : stacks_(stacks) {}

  void OnSample(const Sample& sample) override { Add(sample.stack, 1); }

  // Counts `count` samples of `stack` at once.
  void Add(StackId stack, std::uint64_t count) {
    if (stack.value >= counts_.size()) counts_.resize(stacks_.node_count());
    counts_[stack.value] += count;
    total_ += count;
  }

  const StackTable& stacks() const { return stacks_; }
  // Samples whose leaf is that stack, by StackId; may be shorter than the table.
  const std::vector<std::uint64_t>& counts() const { return counts_; }
  std::uint64_t total() const { return total_; }

 private:
  const StackTable& stacks_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
};

}  // namespace osprey
