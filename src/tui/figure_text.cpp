#include "osprey/tui/figure_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace osprey {
namespace {

// Two or three digits and the prefix of the power of `base`.
template <std::size_t N>
std::string Scaled(double value, double base, const std::array<const char*, N>& prefixes) {
  std::size_t power = 0;
  // Nine hundred and ninety-nine and a half is written as the next power's 1.
  while (power + 1 < N && value >= (base == 1000 ? 999.5 : 1023.5)) {
    value /= base;
    ++power;
  }
  const bool has_fraction = power > 0 && value < 9.95;
  return fmt::format("{:.{}f}{}", value, has_fraction ? 1 : 0, prefixes[power]);
}

}  // namespace

std::string PercentText(double percent) {
  return fmt::format("{:.{}f}", percent, percent < 999.95 ? 1 : 0);
}

std::string SecondsText(double seconds) {
  const int digits = seconds < 99.995 ? 2 : seconds < 999.95 ? 1 : 0;
  return fmt::format("{:.{}f}s", seconds, digits);
}

std::string ElapsedText(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::max(0.0, seconds));
  const std::uint64_t hours = whole / 3600;
  const std::uint64_t minutes = whole / 60 % 60;
  if (hours == 0) return fmt::format("{}:{:02}", minutes, whole % 60);
  return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
}

std::string BytesText(double bytes) {
  return Scaled(bytes, 1000, std::array{" B", " kB", " MB", " GB", " TB", " PB"});
}

std::string MemoryText(std::uint64_t bytes) {
  return Scaled(static_cast<double>(bytes), 1024,
                std::array{" B", " KiB", " MiB", " GiB", " TiB", " PiB"});
}

std::string CountText(double count) {
  if (count > 0 && count < 9.95) return fmt::format("{:.1f}", count);
  return Scaled(count, 1000, std::array{"", "k", "M", "G"});
}

std::string WholeText(std::uint64_t count) {
  return Scaled(static_cast<double>(count), 1000, std::array{"", "k", "M", "G"});
}

std::string MeanText(double mean) {
  std::string text = fmt::format("{:.1f}", mean);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string HertzText(double hz) {
  if (hz < 99.95) return fmt::format("{:.3g} Hz", hz);
  // The usual thousand is a round number, and no "1.0k".
  if (hz < 9999.5) return fmt::format("{:.0f} Hz", hz);
  return Scaled(hz, 1000, std::array{" Hz", "k Hz", "M Hz"});
}

std::string GraphText(const std::deque<std::uint64_t>& values, int columns, Charset charset) {
  static constexpr std::array<const char*, 8> kBlocks = {
      "\xE2\x96\x81", "\xE2\x96\x82", "\xE2\x96\x83", "\xE2\x96\x84",
      "\xE2\x96\x85", "\xE2\x96\x86", "\xE2\x96\x87", "\xE2\x96\x88"};  // U+2581 to U+2588
  static constexpr std::array<const char*, 8> kAscii = {"_", ".", ",", "-", "=", "+", "*", "#"};
  const auto& levels = charset == Charset::kUtf8 ? kBlocks : kAscii;
  const std::size_t shown = std::min(values.size(), static_cast<std::size_t>(std::max(columns, 0)));
  if (shown == 0) return {};
  const auto first = values.end() - static_cast<std::ptrdiff_t>(shown);
  const auto [lowest, highest] = std::minmax_element(first, values.end());
  const double high = static_cast<double>(*highest);
  const double range = std::max(high - static_cast<double>(*lowest), 0.1 * high);
  std::string graph;
  for (auto value = first; value != values.end(); ++value) {
    // What is left of the range below the lowest is the ground.
    const double share =
        range > 0 ? (static_cast<double>(*value) - static_cast<double>(*lowest)) / range : 0;
    const double level = std::floor(share * static_cast<double>(levels.size() - 1) + 0.5);
    graph += levels[static_cast<std::size_t>(std::clamp(level, 0.0, 7.0))];
  }
  return graph;
}

}  // namespace osprey
