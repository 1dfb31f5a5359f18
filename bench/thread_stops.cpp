// How long a thread stands while its registers and 64 KiB of its stack are copied, and what that
// costs it; and what it costs it when perf events copy as much as they can.
//
//   thread_stops PID HZ SLICES SECONDS   stops the main thread of a program HZ times a second for
//                                        slices of SECONDS, as many as SLICES, with as long a rest
//                                        after each. Prints when each slice began and ended, and at
//                                        last one JSON object: the 50th, 90th and 99th percentile
//                                        and the most, in us, and how many stops failed
//   thread_stops perf PID HZ SLICES SECONDS
//                                        the same by perf events, with nothing in the JSON object
//                                        but how many samples were lost, and the bytes of the last
//                                        stack
//   thread_stops loop                    a program to be stopped: a line every eighth of a second,
//                                        when it began (CLOCK_MONOTONIC), and turns a second
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "osprey/native/stack_copy.h"
#include "osprey/sampler/sampling_clock.h"
#include "osprey/target/live_memory.h"
#include "osprey/target/perf_samples.h"
#include "osprey/target/thread_stopper.h"

namespace osprey {
namespace {

constexpr std::size_t kStack = 65536;
constexpr Duration kReadEvery = std::chrono::milliseconds(4);  // 7 samples fit into a ring
constexpr Duration kLine = std::chrono::milliseconds(125);

double Micros(Duration duration) { return 1e6 * Seconds(duration); }

double UsedSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::string Json(std::vector<double> values) {
  if (values.empty()) return "null";
  std::sort(values.begin(), values.end());
  const auto at = [&](std::size_t percent) { return values[values.size() * percent / 100]; };
  return fmt::format("[{:.1f}, {:.1f}, {:.1f}, {:.1f}]", at(50), at(90), at(99), values.back());
}

void PrintSlice(TimePoint begin, TimePoint end, std::uint64_t samples, double used) {
  fmt::print("{:.6f} {:.6f} {} {:.4f}\n", Seconds(begin.time_since_epoch()),
             Seconds(end.time_since_epoch()), samples, used);
  std::fflush(stdout);
}

int Stop(pid_t pid, double rate, int slices, Duration slice) {
  const LiveMemory memory(pid);
  StackCopy stack(memory);
  ThreadStopper stopper;
  std::vector<double> stood;
  std::vector<double> asked;
  std::uint64_t failed = 0;
  const auto look = [&](const Registers& registers) {
    if (!stack.Take(registers.stack_pointer, kStack)) ++failed;
  };
  for (int i = 0; i < slices; ++i) {
    const TimePoint begin = Clock::now();
    const double used = UsedSeconds();
    SamplingClock clock(rate, begin, 1);
    const Duration period(static_cast<Duration::rep>(1e9 / rate));
    TimePoint now = begin;
    std::uint64_t stops = 0;
    while (now < begin + slice) {
      now = WaitUntil(clock.Due(), period);
      clock.Taken(now);
      const auto stopped = stopper.Stop(pid, pid, look);
      asked.push_back(Micros(Clock::now() - now));
      ++stops;
      if (stopped) {
        stood.push_back(Micros(*stopped));
      } else if (stopped.error().code == ErrorCode::kTimeout) {
        ++failed;
      } else {
        fmt::print(stderr, "{}\n", stopped.error().Message());
        return 1;
      }
    }
    const TimePoint end = Clock::now();
    PrintSlice(begin, end, stops, UsedSeconds() - used);
    WaitUntil(end + slice, slice);
  }
  fmt::print("{{\"stood_us\": {}, \"asked_us\": {}, \"failed\": {}, \"bytes\": {}}}\n", Json(stood),
             Json(asked), failed, stack.size());
  return 0;
}

int Sample(pid_t pid, double rate, int slices, Duration slice) {
  PerfSamples::Options options;
  options.rate_hz = rate;
  options.stack_bytes = 65000;
  std::uint64_t lost = 0;
  std::size_t bytes = 0;
  for (int i = 0; i < slices; ++i) {
    const TimePoint begin = Clock::now();
    const double used = UsedSeconds();
    std::uint64_t count = 0;
    {
      auto samples = PerfSamples::Open(pid, options);
      if (!samples) {
        fmt::print(stderr, "{}\n", samples.error().Message());
        return 1;
      }
      for (TimePoint due = begin; due < begin + slice; due += kReadEvery) {
        WaitUntil(due, kReadEvery);
        samples->Read([&](const PerfSample& sample) {
          ++count;
          bytes = sample.stack.size();
        });
      }
      lost += samples->lost();
    }
    const TimePoint end = Clock::now();
    PrintSlice(begin, end, count, UsedSeconds() - used);
    WaitUntil(end + slice, slice);
  }
  fmt::print("{{\"failed\": {}, \"bytes\": {}}}\n", lost, bytes);
  return 0;
}

// With more stack in use than is copied.
[[gnu::noinline]] void Loop() {
  volatile char used[kStack + 4096];
  used[0] = 1;
  while (true) {
    const TimePoint start = Clock::now();
    TimePoint now = start;
    std::uint64_t turns = 0;
    while (now < start + kLine) {
      for (int i = 0; i < 1000; ++i) {
        used[static_cast<std::size_t>(i) * 64 % kStack] =
            static_cast<char>(used[static_cast<std::size_t>(i)] + 1);
      }
      ++turns;
      now = Clock::now();
    }
    fmt::print("{:.6f} {:.1f}\n", Seconds(start.time_since_epoch()),
               static_cast<double>(turns) / Seconds(now - start));
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace osprey

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "loop") osprey::Loop();
  const bool is_perf = argc == 6 && std::string_view(argv[1]) == "perf";
  if (is_perf) ++argv;
  if ((argc != 5 && !is_perf) || std::atof(argv[2]) <= 0) {
    fmt::print(stderr,
               "usage: thread_stops [perf] PID HZ SLICES SECONDS\n       thread_stops loop\n");
    return 2;
  }
  const osprey::Duration slice(static_cast<osprey::Duration::rep>(1e9 * std::atof(argv[4])));
  const auto run = is_perf ? osprey::Sample : osprey::Stop;
  return run(std::atoi(argv[1]), std::atof(argv[2]), std::atoi(argv[3]), slice);
}
