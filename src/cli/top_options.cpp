#include "cli/top_options.h"

namespace osprey {

SampleMode SampleModeOf(ShownSamples shown) {
  switch (shown) {
    case ShownSamples::kOnCpu:
      return SampleMode::kCpu;
    case ShownSamples::kAll:
      return SampleMode::kWall;
    case ShownSamples::kGil:
      return SampleMode::kGil;
    case ShownSamples::kException:
      return SampleMode::kException;
  }
  return SampleMode::kCpu;
}

}  // namespace osprey
