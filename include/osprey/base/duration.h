// Time as the profiler counts it: nanoseconds of the monotonic clock.
#pragma once

#include <chrono>

namespace osprey {

using Duration = std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;
using TimePoint = std::chrono::time_point<Clock, Duration>;

constexpr double Seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace osprey
