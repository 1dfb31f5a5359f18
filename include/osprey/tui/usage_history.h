// What processes used of the machine in the last seconds, out of figures that only grow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/trace/process_metrics.h"

namespace osprey {

class UsageHistory {
 public:
  // Of all processes together; what none of them tells is none.
  struct Usage {
    std::size_t processes = 0;
    std::optional<double> user_percent;  // of one processor, as system_percent
    std::optional<double> system_percent;
    std::optional<double> minor_faults;  // per second, as what follows
    std::optional<double> major_faults;
    std::optional<double> read_bytes;
    std::optional<double> written_bytes;
    std::optional<std::uint64_t> resident_bytes;  // now
  };

  // The figures by pid, as they were read at `now`. A process that was not there the last time, or
  // is another by its start time, counts from now on.
  void Add(TimePoint now, const std::map<std::int32_t, ProcessMetrics>& processes);

  // Over the last two seconds, for the kernel counts processor time in hundredths of one.
  Usage Latest() const;
  // Resident bytes, about once a second, the newest last; no more than two minutes of them.
  const std::deque<std::uint64_t>& resident_trend() const { return trend_; }

 private:
  // A sum over the processes that tell it, those that have ended too.
  struct Sum {
    double value = 0;
    bool is_known = false;
  };
  struct Point {
    TimePoint time;
    Sum user, system, minor, major, read, written;
  };

  std::map<std::int32_t, ProcessMetrics> last_;
  std::deque<Point> points_;
  std::optional<std::uint64_t> resident_;
  std::deque<std::uint64_t> trend_;
  TimePoint trend_time_;
};

}  // namespace osprey
