// What is taken away from a thread that does nothing but look at the clock. For gaps.py.
#include <time.h>

#include <cstdint>

namespace {

// A look at the clock takes some 30 ns; an interrupt at least ten times that. What is longer than
// half a millisecond is another program's turn.
constexpr std::int64_t kLeast = 300;
constexpr std::int64_t kMost = 500'000;

std::int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

// Looks for so many nanoseconds; returns how many of them it could not.
extern "C" std::int64_t taken_away(std::int64_t nanoseconds) {
  const std::int64_t end = Now() + nanoseconds;
  std::int64_t taken = 0;
  for (std::int64_t last = Now(), now = last; now < end; last = now) {
    now = Now();
    const std::int64_t gap = now - last;
    if (gap >= kLeast && gap <= kMost) taken += gap;
  }
  return taken;
}
