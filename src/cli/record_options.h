// What `osprey record` was asked to do.
#pragma once

#include <string>
#include <vector>

#include "cli/session_options.h"
#include "cli/shared_options.h"
#include "osprey/base/result.h"
#include "osprey/report/reporter.h"

namespace osprey {

struct RecordOptions {
  TargetChoice target;
  SessionOptions session;
  struct Output {
    std::string path;  // empty: the default name
    Format format = Format::kFlamegraph;
  };
  std::vector<Output> outputs;
  FrameStyle style;
  std::string stats_path;  // empty: none
};

// Pairs each output with a format: one --format for all, or one for each in their order, or what
// its ending stands for.
Result<std::vector<RecordOptions::Output>> PairOutputs(const std::vector<std::string>& paths,
                                                       const std::vector<std::string>& formats);

}  // namespace osprey
