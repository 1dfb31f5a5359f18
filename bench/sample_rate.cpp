// How many samples a second the whole path up to the call tree takes, beside the bare system call
// for the same bytes, slice by slice in turn. Prints one JSON object.
//
//   sample_rate PID SECONDS
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "osprey/profile/profile.h"
#include "osprey/sampler/sampler.h"

namespace osprey {
namespace {

constexpr Duration kSlice = std::chrono::milliseconds(100);

// Calls a second of `once` for one slice; 0 when it says that there is nothing more to do.
template <typename F>
double Rate(const F& once) {
  const TimePoint start = Clock::now();
  TimePoint now = start;
  std::uint64_t calls = 0;
  while (now - start < kSlice) {
    if (!once(now)) return 0;
    ++calls;
    now = Clock::now();
  }
  return static_cast<double>(calls) / Seconds(now - start);
}

std::string Json(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return fmt::format("[{:.0f}, {:.0f}, {:.0f}]", values.front(), values[values.size() / 2],
                     values.back());
}

int Run(pid_t pid, int seconds) {
  const auto target = LiveTarget::Open(pid);
  if (!target) return 1;
  auto runtime = FindRuntime(*target);
  if (!runtime) return 1;
  StackTable stacks;
  Profile profile(stacks);
  Sampler sampler(*target, *runtime, stacks, SamplerOptions{});
  sampler.AddSink(profile);
  RunFigures figures;
  std::vector<double> samples;
  std::vector<double> bare;
  std::vector<double> ratios;
  std::size_t bytes = 0;
  std::size_t range_count = 0;
  for (int slice = 0; slice < seconds * 5; ++slice) {
    const std::uint64_t before = figures.samples;
    const TimePoint start = Clock::now();
    const double ticks =
        Rate([&](TimePoint now) { return sampler.TakeTick(now, figures) == Tick::kGoOn; });
    if (ticks == 0) break;
    samples.push_back(static_cast<double>(figures.samples - before) /
                      Seconds(Clock::now() - start));
    const auto copies = sampler.ThreadCopies();
    if (copies.empty()) break;
    const std::span<const MemoryRange> ranges = copies.front()->ranges();
    std::vector<std::byte> buffer(copies.front()->total_bytes());
    bytes = buffer.size();
    range_count = ranges.size();
    bare.push_back(
        Rate([&](TimePoint) { return target->memory().ReadRanges(ranges, buffer).has_value(); }));
    ratios.push_back(bare.back() > 0 ? 100 * samples.back() / bare.back() : 0);
  }
  if (samples.empty() || bare.empty()) return 1;
  fmt::print(
      "{{\"version\": \"{}\", \"samples\": {}, \"bare\": {}, \"percent\": {}, \"bytes\": {}, "
      "\"ranges\": {}, \"rejected\": {}, \"cut\": {}}}\n",
      runtime->version.ToString(), Json(samples), Json(bare), Json(ratios), bytes, range_count,
      figures.rejected, figures.cut);
  return 0;
}

}  // namespace
}  // namespace osprey

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: sample_rate PID SECONDS\n");
    return 2;
  }
  return osprey::Run(std::atoi(argv[1]), std::atoi(argv[2]));
}
