// What it costs to wake up and do nothing: sleeps to a point of time every 1/HZ s, as Osprey does,
// and prints how much of a core that took, in percent.
//
//   bare_wake HZ SECONDS
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>

#include "osprey/sampler/sampling_clock.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: bare_wake HZ SECONDS\n");
    return 2;
  }
  const osprey::Duration period(1'000'000'000 / std::max(1, std::atoi(argv[1])));
  const osprey::TimePoint start = osprey::Clock::now();
  const osprey::TimePoint end = start + std::chrono::seconds(std::atoi(argv[2]));
  for (osprey::TimePoint due = start; due < end;) {
    due += period;
    osprey::WaitUntil(due, period);
  }
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  fmt::print("{:.2f}\n", 100 * (seconds(used.ru_utime) + seconds(used.ru_stime)) /
                             osprey::Seconds(osprey::Clock::now() - start));
}
