// Writes one run in one format.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "osprey/base/result.h"
#include "osprey/profile/profile.h"
#include "osprey/profile/timeline.h"
#include "osprey/trace/run_figures.h"

namespace osprey {

struct ReportInput {
  const Profile& profile;
  const Timeline* timeline;  // null: the order of the samples was not kept
  const RunFigures& figures;
  std::string title;          // the command that was profiled
  std::string mode;           // which samples count: "cpu", "wall", "gil", ...
  double seconds_per_sample;  // what one sample stands for; 0 where nothing was sampled
  std::string empty_reason;   // for people, when the profile has no sample: why
  std::string own_code_root;  // the target's working directory: code below it is the user's own
};

struct FrameStyle {
  bool per_function = false;    // -F: one frame per function, not per line
  bool line_numbers = true;     // --nolineno: off
  bool full_filenames = false;  // whole paths
};

class Reporter {
 public:
  virtual ~Reporter() = default;
  // Whether Write needs ReportInput::timeline.
  virtual bool WantsTimeline() const { return false; }
  // Writes the whole report. kIo when the stream fails.
  virtual Result<void> Write(const ReportInput& input, std::ostream& out) const = 0;
};

enum class Format { kFlamegraph, kRaw, kSpeedscope };

// The format of a name as --format takes it, or kInvalidArgument listing those there are.
Result<Format> ParseFormat(std::string_view name);
// The format that a file's ending stands for; kInvalidArgument for one that stands for none.
Result<Format> FormatOfPath(std::string_view path);
std::unique_ptr<Reporter> MakeReporter(Format format, const FrameStyle& style);

}  // namespace osprey
