#include "cli/option_values.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace osprey {
namespace {

constexpr double kMaxRate = 1e7;     // ten times what any target can be read at
constexpr double kMaxSeconds = 1e9;  // 30 years: below the overflow of nanoseconds

std::optional<double> Number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

Error Invalid(std::string context) {
  return Error{ErrorCode::kInvalidArgument, 0, Address{}, std::move(context)};
}

}  // namespace

const char* ModeName(SampleMode mode) {
  switch (mode) {
    case SampleMode::kCpu:
      return "cpu";
    case SampleMode::kWall:
      return "wall";
    case SampleMode::kGil:
      return "gil";
    case SampleMode::kException:
      return "exception";
  }
  return "";
}

const char* AsyncModeName(AsyncMode mode) {
  switch (mode) {
    case AsyncMode::kOff:
      return "";
    case AsyncMode::kRunning:
      return "running";
    case AsyncMode::kAll:
      return "all";
  }
  return "";
}

Result<int> ParsePid(std::string_view text) {
  int pid = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || pid <= 0) {
    return Invalid(fmt::format("--pid takes the number of a process, like 4242; not '{}'", text));
  }
  return pid;
}

Result<double> ParseRate(std::string_view text) {
  if (text == "max") return 0.0;
  double factor = 1;
  std::string_view digits = text;
  if (digits.ends_with('k') || digits.ends_with('K')) factor = 1e3;
  if (digits.ends_with('M')) factor = 1e6;
  if (factor != 1) digits.remove_suffix(1);
  const auto value = Number(digits);
  if (!value || *value <= 0 || *value * factor > kMaxRate) {
    return Invalid(fmt::format(
        "--rate takes samples per second, up to 10M, like 250, 1k or max; not '{}'", text));
  }
  return *value * factor;
}

Result<std::optional<Duration>> ParseDuration(std::string_view text) {
  if (text == "unlimited") return std::optional<Duration>{};
  const auto value = Number(text);
  if (!value || *value <= 0 || *value > kMaxSeconds) {
    return Invalid(fmt::format(
        "--duration takes seconds above 0, like 30 or 0.5, or unlimited; not '{}'", text));
  }
  return std::optional<Duration>(
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*value)));
}

}  // namespace osprey
