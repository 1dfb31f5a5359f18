// The flame graph: one SVG file that draws itself in a browser and stands still elsewhere.
#pragma once

#include "osprey/report/reporter.h"

namespace osprey {

class FlamegraphReporter : public Reporter {
 public:
  explicit FlamegraphReporter(const FrameStyle& style) : style_(style) {}
  Result<void> Write(const ReportInput& input, std::ostream& out) const override;

 private:
  FrameStyle style_;
};

}  // namespace osprey
