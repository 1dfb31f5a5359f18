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

  void OnSample(const Sample& sample) override {
    if (sample.stack.value >= counts_.size()) counts_.resize(stacks_.node_count());
    ++counts_[sample.stack.value];
    ++total_;
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
