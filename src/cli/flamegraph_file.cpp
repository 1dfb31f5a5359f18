#include "cli/flamegraph_file.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "cli/default_path.h"
#include "cli/option_values.h"
#include "cli/output_file.h"
#include "cli/top_options.h"
#include "cli/version.h"
#include "osprey/report/reporter.h"

namespace osprey {
Result<std::string> WriteFlamegraph(const TopModel& model, const std::string& title,
                                    const std::string& own_root, bool full_filenames) {
  auto file =
      OutputFile::Create(FreePath(DefaultPath(title, Format::kFlamegraph), Format::kFlamegraph));
  if (!file) return file.error();
  const std::unique_ptr<TopModel::Picture> picture = model.TakePicture();
  const Seen::Sums& seen = model.since_start();
  RunFigures figures = model.figures();
  figures.duration_s = seen.seconds;
  figures.ticks = seen.ticks;
  figures.missed_ticks = seen.missed;
  figures.samples = picture->profile.total();
  figures.osprey_version = kOspreyVersion;
  const double ticks = static_cast<double>(seen.ticks);
  figures.achieved_hz = seen.sampled_seconds() > 0 ? ticks / seen.sampled_seconds() : 0;
  const std::string empty_reason =
      figures.samples == 0 ? "no such sample was taken while it was watched" : "";
  const ReportInput input{
      picture->profile,
      nullptr,
      figures,
      title,
      ModeName(SampleModeOf(model.shown())),
      seen.ticks > 0 ? seen.sampled_seconds() / ticks : 0,
      empty_reason,
      own_root,
  };
  const FrameStyle style{!model.style().per_line, true, full_filenames};
  const auto written = MakeReporter(Format::kFlamegraph, style)->Write(input, file->stream());
  // The file knows better than the stream why it failed.
  const auto committed = file->Commit();
  if (!committed) return committed.error();
  if (!written) return written.error();
  // Whoever reads it may have forgotten where Osprey was started.
  std::error_code ignored;
  const std::filesystem::path path = std::filesystem::absolute(file->path(), ignored);
  return ignored ? file->path() : path.string();
}

}  // namespace osprey
