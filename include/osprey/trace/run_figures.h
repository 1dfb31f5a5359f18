// How a run went: the figures that standard error ends with and that --stats writes.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace osprey {

struct RunFigures {
  double requested_hz = 0;  // 0: as fast as possible
  double achieved_hz = 0;   // ticks taken by duration_s
  double duration_s = 0;
  std::uint64_t samples = 0;  // thread stacks written
  std::uint64_t ticks = 0;
  std::uint64_t missed_ticks = 0;
  std::uint64_t rejected = 0;  // ticks that gave no stack for a thread that had one
  std::uint64_t cut = 0;       // stacks with a known missing part, leaf or root
  std::map<std::string, std::uint64_t> errors;  // by kind
  std::uint64_t processes = 0;
  std::uint64_t threads = 0;  // distinct ones seen
  double profiler_cpu_s = 0;
  std::uint64_t profiler_peak_rss_bytes = 0;
  double target_stopped_s = 0;
  struct {
    std::string mode;                   // "running" or "all"; empty: tasks were not asked for
    bool is_supported = false;          // the version keeps tasks where they can be found
    bool is_used = false;               // the program has imported asyncio
    std::uint64_t running_samples = 0;  // in which a running task stands
    std::uint64_t waiting_samples = 0;  // of tasks that wait; `samples` counts them too
  } asyncio;
  struct {
    std::string capture;           // how native stacks were copied; empty: they were not asked for
    std::string problem;           // why a thread could not be stopped, the first time
    std::uint64_t named = 0;       // distinct addresses with a symbol
    std::uint64_t unresolved = 0;  // and those without
    std::uint64_t frames = 0;      // native frames in all samples
    std::uint64_t unresolved_frames = 0;  // of them, those at addresses without a symbol
    double naming_s = 0;
  } native;
  std::string osprey_version;
  std::string python_version;   // several are listed: "3.11.2, 3.12.1"
  std::string python_found_by;  // symbol, section or scan, or several
  bool python_known = true;     // false: one is newer than Osprey, read by its own debug offsets
};

}  // namespace osprey
