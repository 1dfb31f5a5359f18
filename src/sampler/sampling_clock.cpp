#include "osprey/sampler/sampling_clock.h"

#include <cerrno>
#include <cmath>
#include <ctime>

namespace osprey {
namespace {

constexpr double kJitter = 0.25;  // of a period, to either side
// A sleep is late by some 50 us on common kernels; below this period that would miss most ticks.
constexpr Duration kShortestSleep = std::chrono::microseconds(60);

}  // namespace

SamplingClock::SamplingClock(double rate_hz, TimePoint start, std::uint64_t seed)
    : period_ns_(rate_hz > 0 ? 1e9 / rate_hz : 0),
      start_(start),
      due_(start),
      random_(static_cast<std::minstd_rand::result_type>(seed)) {}

TimePoint SamplingClock::PlaceOf(std::uint64_t index) {
  const double shift = std::uniform_real_distribution<double>(-kJitter, kJitter)(random_);
  return start_ + Duration(std::llround((static_cast<double>(index) + shift) * period_ns_));
}

void SamplingClock::Taken(TimePoint now) {
  ++ticks_;
  if (period_ns_ <= 0) return;
  const double passed = static_cast<double>((now - start_).count()) / period_ns_;
  const auto current = passed > 0 ? static_cast<std::uint64_t>(passed) : 0;
  std::uint64_t next = index_ + 1;
  // A tick may be up to a quarter period late by its own jitter: the point that `now` has just
  // passed is still worth taking.
  if (current > next) {
    missed_ += current - next;
    next = current;
  }
  index_ = next;
  due_ = PlaceOf(index_);
}

TimePoint WaitUntil(TimePoint due, Duration period) {
  TimePoint now = Clock::now();
  if (period < kShortestSleep) {
    while (now < due) now = Clock::now();
    return now;
  }
  while (now < due) {
    const auto at = due.time_since_epoch().count();
    timespec until{};
    until.tv_sec = static_cast<std::time_t>(at / 1'000'000'000);
    until.tv_nsec = static_cast<long>(at % 1'000'000'000);  // NOLINT(google-runtime-int): timespec
    // steady_clock is CLOCK_MONOTONIC in libstdc++ and libc++.
    if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
      return Clock::now();
    }
    now = Clock::now();
  }
  return now;
}

}  // namespace osprey
