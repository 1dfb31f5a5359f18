// What one run of the sampling is to be like, whoever wants it.
#pragma once

#include <optional>

#include "osprey/base/duration.h"
#include "osprey/sampler/sampler.h"

namespace osprey {

struct SessionOptions {
  double rate_hz = 1000;             // 0: as fast as possible
  std::optional<Duration> duration;  // none: until the target ends
  bool subprocesses = false;
  SamplerOptions sampling;
};

}  // namespace osprey
