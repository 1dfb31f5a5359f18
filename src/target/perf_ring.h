// The ring buffer of one perf event, mapped.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "osprey/base/result.h"

namespace osprey {

class PerfRing {
 public:
  // `size` must be a power of two of pages. kNotPermitted for more than the kernel lets one lock
  // (perf_event_mlock_kb).
  static Result<PerfRing> Map(int event, std::size_t size);
  PerfRing(PerfRing&& other) noexcept
      : at_(std::exchange(other.at_, nullptr)), size_(other.size_), offset_(other.offset_) {}
  PerfRing(const PerfRing&) = delete;
  PerfRing& operator=(const PerfRing&) = delete;
  ~PerfRing();

  // Everything that is in it, in one piece, until the next call of Copy; the room is free for more.
  std::span<const std::byte> Copy(std::vector<std::byte>& to);

 private:
  PerfRing(std::byte* at, std::size_t size, std::size_t offset)
      : at_(at), size_(size), offset_(offset) {}

  std::byte* at_;  // a page with struct perf_event_mmap_page, then the data
  std::size_t size_;
  std::size_t offset_;  // of the data: a page
};

}  // namespace osprey
