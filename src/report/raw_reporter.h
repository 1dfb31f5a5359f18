// Folded stacks: one line per distinct stack, "a;b;c 12".
#pragma once

#include "osprey/report/reporter.h"

namespace osprey {

class RawReporter : public Reporter {
 public:
  explicit RawReporter(const FrameStyle& style) : style_(style) {}
  // An empty profile becomes one line "# no samples (reason)", which readers of the format skip.
  Result<void> Write(const ReportInput& input, std::ostream& out) const override;

 private:
  FrameStyle style_;
};

}  // namespace osprey
