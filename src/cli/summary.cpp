#include "cli/summary.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/rate_text.h"

namespace osprey {
namespace {

double SecondsOf(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

// What became of --async; empty where it was not given.
std::string AsyncioText(const RunFigures& f) {
  const auto& a = f.asyncio;
  if (a.mode.empty() || f.ticks == 0) return {};
  if (!a.is_supported) {
    return fmt::format(
        "asyncio: --async {} had no effect: where Python {} keeps its tasks is not known to Osprey",
        a.mode, f.python_version);
  }
  if (!a.is_used) {
    return fmt::format("asyncio: --async {} had no effect: the program does not use asyncio",
                       a.mode);
  }
  return fmt::format("asyncio: {} samples of running tasks, {} of waiting ones", a.running_samples,
                     a.waiting_samples);
}

// How native stacks were had, and named; empty where they were not asked for.
std::string NativeText(const RunFigures& f) {
  if (f.native.capture.empty() || f.ticks == 0) return {};
  std::string text =
      fmt::format("native: by {}; threads stood still for {:.2f} ms a second", f.native.capture,
                  f.duration_s > 0 ? 1000 * f.target_stopped_s / f.duration_s : 0);
  if (!f.native.problem.empty()) {
    text += fmt::format("; some could not be stopped: {}", f.native.problem);
  }
  const std::uint64_t all = f.native.named + f.native.unresolved;
  if (all == 0) return text;
  const auto frames = static_cast<double>(std::max<std::uint64_t>(1, f.native.frames));
  return text + fmt::format(
                    "; {:.2f} % of native frames have no name ({} of {} addresses), looked up "
                    "in {:.2f} s",
                    100 * static_cast<double>(f.native.unresolved_frames) / frames,
                    f.native.unresolved, all, f.native.naming_s);
}

}  // namespace

std::string SummaryText(const RunFigures& f) {
  std::string text =
      fmt::format("{} samples of {} thread{} in {:.2f} s ({} asked for, {} had, {} ticks missed)\n",
                  f.samples, f.threads, f.threads == 1 ? "" : "s", f.duration_s,
                  f.requested_hz > 0 ? RateText(f.requested_hz) : "as many as possible",
                  RateText(f.achieved_hz), f.missed_ticks);
  text += fmt::format("rejected {}, cut {}", f.rejected, f.cut);
  for (const auto& [kind, count] : f.errors) text += fmt::format(", {} {}", kind, count);
  text += fmt::format("; Osprey took {:.2f} s of a CPU", f.profiler_cpu_s);
  // Of the time in which it sampled: where there was none, no share can be said.
  if (f.duration_s > 0) text += fmt::format(" ({:.1f} %)", 100 * f.profiler_cpu_s / f.duration_s);
  text += fmt::format(" and {:.1f} MiB at its peak",
                      static_cast<double>(f.profiler_peak_rss_bytes) / (1U << 20U));
  if (const std::string native = NativeText(f); !native.empty()) text += "\n" + native;
  if (const std::string tasks = AsyncioText(f); !tasks.empty()) text += "\n" + tasks;
  if (!f.python_version.empty()) {
    text += fmt::format("\nPython {}, found by {}", f.python_version, f.python_found_by);
    if (!f.python_known) {
      text += "; Osprey does not know this version and read it by the version's own debug offsets";
    }
  }
  return text;
}

Result<void> WriteStats(const RunFigures& f, std::ostream& out) {
  nlohmann::ordered_json json = {
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
  if (!f.native.capture.empty()) {
    json["native"] = {{"capture", f.native.capture},
                      {"named", f.native.named},
                      {"unresolved", f.native.unresolved},
                      {"frames", f.native.frames},
                      {"unresolved_frames", f.native.unresolved_frames},
                      {"naming_s", f.native.naming_s}};
  }
  if (!f.asyncio.mode.empty()) {
    json["asyncio"] = {{"mode", f.asyncio.mode},
                       {"supported", f.asyncio.is_supported},
                       {"used", f.asyncio.is_used},
                       {"running_samples", f.asyncio.running_samples},
                       {"waiting_samples", f.asyncio.waiting_samples}};
  }
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
