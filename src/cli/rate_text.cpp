#include "cli/rate_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace osprey {

double RateHad(const RunFigures& figures, double seconds) {
  if (seconds <= 0) return 0;
  const double rate = static_cast<double>(figures.ticks) / seconds;
  return figures.requested_hz > 0 ? std::min(rate, figures.requested_hz) : rate;
}

std::string RateText(double hz) {
  return hz < 100 ? fmt::format("{:.3g} Hz", hz) : fmt::format("{:.0f} Hz", hz);
}

}  // namespace osprey
