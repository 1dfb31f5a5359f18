#include "osprey/target/shared_refill.h"

#include <algorithm>
#include <cstring>

namespace osprey {
namespace {

constexpr std::size_t kMaxRanges = 1024;  // IOV_MAX, sysconf(3)
// Stays in the processor's second cache; a call for more gains nothing.
constexpr std::size_t kMaxBytes = std::size_t{256} << 10U;

}  // namespace

Result<std::span<const std::size_t>> SharedRefill::Refill(
    std::span<SnapshotMemory* const> snapshots, const Memory& source) {
  results_.clear();
  while (results_.size() < snapshots.size()) {
    if (auto some = RefillSome(snapshots.subspan(results_.size()), source); !some) {
      return some.error();
    }
  }
  return std::span<const std::size_t>(results_);
}

Result<void> SharedRefill::RefillSome(std::span<SnapshotMemory* const> snapshots,
                                      const Memory& source) {
  ranges_.clear();
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const SnapshotMemory* snapshot : snapshots) {
    const std::span<const MemoryRange> ranges = snapshot->ranges();
    if (ranges_.size() + ranges.size() > kMaxRanges) break;
    if (bytes + snapshot->total_bytes() > kMaxBytes) break;
    ranges_.insert(ranges_.end(), ranges.begin(), ranges.end());
    bytes += snapshot->total_bytes();
    ++count;
  }
  if (count <= 1) {  // too large to share, or alone
    const auto arrived = snapshots.front()->Refill(source);
    if (!arrived) return arrived.error();
    results_.push_back(*arrived);
    return {};
  }
  bytes_.resize(std::max(bytes_.size(), bytes));
  const auto arrived = source.ReadRanges(ranges_, std::span(bytes_).first(bytes));
  if (!arrived && arrived.error().code != ErrorCode::kUnreadable) {
    return arrived.error();
  }
  HandOut(snapshots.first(count), arrived.value_or(0));
  return {};
}

void SharedRefill::HandOut(std::span<SnapshotMemory* const> snapshots, std::size_t arrived) {
  std::size_t at = 0;
  for (SnapshotMemory* snapshot : snapshots) {
    const std::size_t size = snapshot->total_bytes();
    const std::size_t got = std::min(size, arrived - at);
    results_.push_back(snapshot->Accept(std::span(bytes_).subspan(at, got)));
    // The kernel stopped inside this one: those behind it have not been tried.
    if (got < size) return;
    at += size;
  }
}

}  // namespace osprey
