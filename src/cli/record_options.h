// What `osprey record` was asked to do.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/base/result.h"
#include "osprey/report/reporter.h"
#include "osprey/sampler/sampler.h"

namespace osprey {

struct RecordOptions {
  std::optional<int> pid;
  std::vector<std::string> command;
  struct Output {
    std::string path;  // empty: the default name
    Format format = Format::kFlamegraph;
  };
  std::vector<Output> outputs;
  double rate_hz = 1000;             // 0: as fast as possible
  std::optional<Duration> duration;  // none: until the target ends
  bool subprocesses = false;
  SamplerOptions sampling;
  FrameStyle style;
  std::string stats_path;  // empty: none
};

const char* ModeName(SampleMode mode);
// Empty where tasks were not asked for.
const char* AsyncModeName(AsyncMode mode);

// A decimal number above 0; kInvalidArgument for all else.
Result<int> ParsePid(std::string_view text);
// "250", "1k", "2.5k", "1M" or "max" as samples per second, 0 for "max". kInvalidArgument for all
// else, for 0 and for more than 10 million.
Result<double> ParseRate(std::string_view text);
// Seconds ("2.5") or "unlimited", which is none. kInvalidArgument for all else and for 0.
Result<std::optional<Duration>> ParseDuration(std::string_view text);

// Pairs each output with a format: one --format for all, or one for each in their order, or what
// its ending stands for.
Result<std::vector<RecordOptions::Output>> PairOutputs(const std::vector<std::string>& paths,
                                                       const std::vector<std::string>& formats);

}  // namespace osprey
