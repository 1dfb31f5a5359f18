// What `osprey top` was asked to do.
#pragma once

#include <string>

#include "cli/session_options.h"
#include "cli/shared_options.h"
#include "osprey/base/duration.h"
#include "osprey/report/reporter.h"
#include "osprey/tui/top_model.h"

namespace osprey {

struct TopRunOptions {
  TargetChoice target;
  SessionOptions session;  // its mode is wall or exception: the model picks out of that
  TopOptions view;
  FrameStyle style;
  Duration delay = std::chrono::seconds(1);
  bool is_once = false;
  std::string output_log;  // empty: the command's output is shown at the end
};

// The mode in which `osprey record` would count what is shown.
SampleMode SampleModeOf(ShownSamples shown);

}  // namespace osprey
