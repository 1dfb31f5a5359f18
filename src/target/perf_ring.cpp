#include "target/perf_ring.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace osprey {

Result<PerfRing> PerfRing::Map(int event, std::size_t size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* at = ::mmap(nullptr, page + size, PROT_READ | PROT_WRITE, MAP_SHARED, event, 0);
  if (at == MAP_FAILED) {
    return ErrnoError(errno == EPERM ? ErrorCode::kNotPermitted : ErrorCode::kIo,
                      fmt::format("cannot map {} KiB of perf events (see "
                                  "/proc/sys/kernel/perf_event_mlock_kb)",
                                  (page + size) / 1024));
  }
  return PerfRing(static_cast<std::byte*>(at), size, page);
}

PerfRing::~PerfRing() {
  if (at_ != nullptr) ::munmap(at_, offset_ + size_);
}

std::span<const std::byte> PerfRing::Copy(std::vector<std::byte>& to) {
  auto* page = reinterpret_cast<perf_event_mmap_page*>(at_);
  // perf_event_open(2): data_head is to be read before the data, and data_tail written after it.
  const std::uint64_t head = std::atomic_ref(page->data_head).load(std::memory_order_acquire);
  const std::uint64_t tail = page->data_tail;
  const auto used = static_cast<std::size_t>(std::min<std::uint64_t>(head - tail, size_));
  const auto start = static_cast<std::size_t>(tail % size_);
  if (used == 0) return {};
  const std::size_t first = std::min(used, size_ - start);
  if (to.size() < used) to.resize(used);
  std::memcpy(to.data(), at_ + offset_ + start, first);
  std::memcpy(to.data() + first, at_ + offset_, used - first);
  std::atomic_ref(page->data_tail).store(head, std::memory_order_release);
  return std::span(to).first(used);
}

}  // namespace osprey
