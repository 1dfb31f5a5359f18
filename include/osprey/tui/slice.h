// What was seen between two redraws: handed from the thread that samples to the one that draws.
#pragma once

#include <cstdint>
#include <vector>

#include "osprey/trace/ids.h"
#include "osprey/trace/run_figures.h"
#include "osprey/trace/sample.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

// What a sample was, apart from its stack: bits that are independent of each other.
enum StateBits : std::uint8_t {
  kOnCpu = 1,
  kHoldsGil = 2,
  kWaitsForGil = 4,
  kWaitingTask = 8,
};

std::uint8_t StateBitsOf(const Sample& sample);

struct StackCount {
  StackId stack;
  std::uint8_t state = 0;  // StateBits
  std::uint64_t count = 0;
};

struct Slice {
  double seconds = 0;
  double waited_seconds = 0;  // of them, those in which there was no program to sample
  bool is_waiting = false;    // there is none now
  std::uint64_t ticks = 0;
  std::uint64_t missed = 0;
  std::vector<StackCount> counts;  // no stack and state twice
  std::vector<std::int32_t> pids;  // with a sample, each once
  StackTable::News news;           // the rows that `counts` needs, and others
  RunFigures figures;              // of the run so far
};

// Adds a slice to one that came before it, with the same table.
void Merge(Slice& into, Slice&& later);

}  // namespace osprey
