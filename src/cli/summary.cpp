#include "cli/summary.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <nlohmann/json.hpp>

namespace osprey {
namespace {

double SecondsOf(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

}  // namespace

std::string SummaryText(const RunFigures& f) {
  std::string text = fmt::format(
      "{} samples of {} thread{} in {:.2f} s ({} asked for, {:.0f} Hz had, {} ticks missed)\n",
      f.samples, f.threads, f.threads == 1 ? "" : "s", f.duration_s,
      f.requested_hz > 0 ? fmt::format("{:g} Hz", f.requested_hz) : "as many as possible",
      f.achieved_hz, f.missed_ticks);
  text += fmt::format("rejected {}, cut {}", f.rejected, f.cut);
  for (const auto& [kind, count] : f.errors) text += fmt::format(", {} {}", kind, count);
  const double share = f.duration_s > 0 ? 100 * f.profiler_cpu_s / f.duration_s : 0;
  text += fmt::format("; Osprey took {:.2f} s of a CPU ({:.1f} %) and {:.1f} MiB at its peak",
                      f.profiler_cpu_s, share,
                      static_cast<double>(f.profiler_peak_rss_bytes) / (1U << 20U));
  if (!f.python_version.empty()) {
    text += fmt::format("\nPython {}, found by {}", f.python_version, f.python_found_by);
    if (!f.python_known) {
      text += "; Osprey does not know this version and read it by the version's own debug offsets";
    }
  }
  return text;
}

Result<void> WriteStats(const RunFigures& f, std::ostream& out) {
  const nlohmann::ordered_json json = {
      {"requested_hz",
       f.requested_hz > 0 ? nlohmann::ordered_json(f.requested_hz) : nlohmann::ordered_json("max")},
      {"achieved_hz", f.achieved_hz},
      {"duration_s", f.duration_s},
      {"samples", f.samples},
      {"ticks", f.ticks},
      {"missed_ticks", f.missed_ticks},
      {"rejected", f.rejected},
      {"cut", f.cut},
      {"errors", f.errors},
      {"processes", f.processes},
      {"threads", f.threads},
      {"profiler_cpu_s", f.profiler_cpu_s},
      {"profiler_peak_rss_bytes", f.profiler_peak_rss_bytes},
      {"target_stopped_s", f.target_stopped_s},
      {"osprey_version", f.osprey_version},
      {"python_version", f.python_version},
      {"python_found_by", f.python_found_by},
      {"python_known", f.python_known},
  };
  out << json.dump(2) << '\n';
  if (!out) return Error{ErrorCode::kIo, 0, Address{}, "cannot write the run's figures"};
  return {};
}

void AddOwnUsage(RunFigures& figures) {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return;
  figures.profiler_cpu_s = SecondsOf(usage.ru_utime) + SecondsOf(usage.ru_stime);
  figures.profiler_peak_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // KiB
}

}  // namespace osprey
