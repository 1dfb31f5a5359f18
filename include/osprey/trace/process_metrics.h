// What the kernel counts of one process, up to one moment.
#pragma once

#include <cstdint>
#include <optional>

namespace osprey {

// What this machine, or this user, does not get to know is none.
struct ProcessMetrics {
  std::uint64_t start_time = 0;  // clock ticks after boot: tells it from a later one of that pid
  std::optional<double> user_s;  // of processor time, as system_s, of all threads since the start
  std::optional<double> system_s;
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> minor_faults;  // page faults that needed no disk
  std::optional<std::uint64_t> major_faults;
  std::optional<std::uint64_t> read_bytes;  // by read(2) and its like, wherever from
  std::optional<std::uint64_t> written_bytes;
};

}  // namespace osprey
