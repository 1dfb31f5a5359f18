#include "osprey/tui/usage_history.h"

namespace osprey {
namespace {

constexpr Duration kOver = std::chrono::seconds(2);
constexpr Duration kTrendEvery = std::chrono::seconds(1);
constexpr std::size_t kTrendLength = 120;  // more than a graph has columns

}  // namespace

void UsageHistory::Add(TimePoint now, const std::map<std::int32_t, ProcessMetrics>& processes) {
  Point point = points_.empty() ? Point{} : points_.back();
  point.time = now;
  resident_.reset();
  for (const auto& process : processes) {
    const ProcessMetrics& metrics = process.second;
    if (metrics.resident_bytes) resident_ = resident_.value_or(0) + *metrics.resident_bytes;
    const auto last = last_.find(process.first);
    const bool is_known = last != last_.end() && last->second.start_time == metrics.start_time;
    const auto add = [&](Sum& sum, const auto& figure) {
      const auto& value = metrics.*figure;
      if (!value) return;
      sum.is_known = true;
      if (!is_known || !(last->second.*figure)) return;
      const auto before = *(last->second.*figure);
      // The kernel adds up what several processors have counted: never less, but for a moment.
      if (*value > before) sum.value += static_cast<double>(*value - before);
    };
    add(point.user, &ProcessMetrics::user_s);
    add(point.system, &ProcessMetrics::system_s);
    add(point.minor, &ProcessMetrics::minor_faults);
    add(point.major, &ProcessMetrics::major_faults);
    add(point.read, &ProcessMetrics::read_bytes);
    add(point.written, &ProcessMetrics::written_bytes);
  }
  last_ = processes;
  points_.push_back(point);
  // One point at least two seconds old is kept, to reach back that far.
  while (points_.size() > 2 && now - points_[1].time >= kOver) points_.pop_front();
  if (resident_ && (trend_.empty() || now - trend_time_ >= kTrendEvery)) {
    trend_time_ = now;
    trend_.push_back(*resident_);
    if (trend_.size() > kTrendLength) trend_.pop_front();
  }
}

UsageHistory::Usage UsageHistory::Latest() const {
  Usage usage;
  usage.processes = last_.size();
  usage.resident_bytes = resident_;
  if (points_.size() < 2) return usage;
  const Point& first = points_.front();
  const Point& last = points_.back();
  const double seconds = Seconds(last.time - first.time);
  if (seconds <= 0) return usage;
  const auto rate = [&](Sum Point::*sum, double scale) -> std::optional<double> {
    if (!(last.*sum).is_known) return std::nullopt;
    return scale * ((last.*sum).value - (first.*sum).value) / seconds;
  };
  usage.user_percent = rate(&Point::user, 100);
  usage.system_percent = rate(&Point::system, 100);
  usage.minor_faults = rate(&Point::minor, 1);
  usage.major_faults = rate(&Point::major, 1);
  usage.read_bytes = rate(&Point::read, 1);
  usage.written_bytes = rate(&Point::written, 1);
  return usage;
}

}  // namespace osprey
