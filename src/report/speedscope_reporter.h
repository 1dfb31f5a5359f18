// The file format of speedscope.app: a profile for each thread, in the order of time.
#pragma once

#include "osprey/report/reporter.h"

namespace osprey {

class SpeedscopeReporter : public Reporter {
 public:
  explicit SpeedscopeReporter(const FrameStyle& style) : style_(style) {}
  bool WantsTimeline() const override { return true; }
  // Without a whole timeline all threads become one profile whose name says that the order of
  // time is not kept; no sample is lost either way.
  Result<void> Write(const ReportInput& input, std::ostream& out) const override;

 private:
  FrameStyle style_;
};

}  // namespace osprey
