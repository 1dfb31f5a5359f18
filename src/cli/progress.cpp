#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/rate_text.h"

namespace osprey {
namespace {
constexpr Duration kEvery = std::chrono::milliseconds(250);
}

Progress::Progress() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}

void Progress::Show(Duration elapsed, const RunFigures& figures) {
  if (!is_terminal_ || elapsed - last_ < kEvery) return;
  last_ = elapsed;
  shown_ = true;
  const double seconds = Seconds(elapsed);
  // \r goes to the line's start, ESC [K wipes what an older, longer line left.
  fmt::print(stderr, "\r{:.1f} s  {} samples  {}  {} missed\x1b[K", seconds, figures.samples,
             RateText(RateHad(figures, seconds)), figures.missed_ticks);
  (void)std::fflush(stderr);
}

void Progress::Clear() {
  if (!shown_) return;
  shown_ = false;
  fmt::print(stderr, "\r\x1b[K");
  (void)std::fflush(stderr);
}

}  // namespace osprey
