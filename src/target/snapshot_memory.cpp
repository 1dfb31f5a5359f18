#include "osprey/target/snapshot_memory.h"

#include <algorithm>
#include <cstring>

#include "target/read_one_by_one.h"

namespace osprey {
namespace {
constexpr std::size_t kMaxRangesPerCall = 1024;  // IOV_MAX, sysconf(3)
}

void SnapshotMemory::Clear() {
  ranges_.clear();
  offsets_.clear();
  bytes_.clear();
}

std::size_t SnapshotMemory::Add(MemoryRange range) {
  offsets_.push_back(bytes_.size());
  ranges_.push_back(range);
  bytes_.resize(bytes_.size() + range.size);
  return ranges_.size() - 1;
}

std::size_t SnapshotMemory::Put(Address address, std::span<const std::byte> bytes) {
  const std::size_t index = Add({address, bytes.size()});
  std::copy(bytes.begin(), bytes.end(),
            bytes_.begin() + static_cast<std::ptrdiff_t>(offsets_[index]));
  return index;
}

Result<std::size_t> SnapshotMemory::Refill(const Memory& source, std::size_t first) {
  std::size_t done = first;
  while (done < ranges_.size()) {
    const std::size_t count = std::min(ranges_.size() - done, kMaxRangesPerCall);
    const std::size_t end = done + count < ranges_.size() ? offsets_[done + count] : bytes_.size();
    const std::size_t wanted = end - offsets_[done];
    const auto arrived = source.ReadRanges(std::span(ranges_).subspan(done, count),
                                           std::span(bytes_).subspan(offsets_[done], wanted));
    if (!arrived) {
      if (arrived.error().code == ErrorCode::kUnreadable) return done;
      return arrived.error();
    }
    if (*arrived == wanted) {
      done += count;
      continue;
    }
    const std::size_t reached = offsets_[done] + *arrived;
    while (done < ranges_.size() && offsets_[done] + ranges_[done].size <= reached) ++done;
    return done;
  }
  return done;
}

std::size_t SnapshotMemory::Accept(std::span<const std::byte> bytes) {
  const std::size_t count = std::min(bytes.size(), bytes_.size());
  if (count > 0) std::memcpy(bytes_.data(), bytes.data(), count);
  if (count == bytes_.size()) return ranges_.size();
  const auto cut = std::upper_bound(offsets_.begin(), offsets_.end(), count);
  return static_cast<std::size_t>(cut - offsets_.begin()) - 1;
}

Result<void> SnapshotMemory::Read(Address from, std::span<std::byte> to) const {
  if (to.empty()) return {};  // as process_vm_readv(2)
  for (std::size_t i = 0; i < ranges_.size(); ++i) {
    const std::uint64_t offset = from - ranges_[i].address;
    if (offset > ranges_[i].size || to.size() > ranges_[i].size - offset) continue;
    std::memcpy(to.data(), View(i) + offset, to.size());
    return {};
  }
  return Error{ErrorCode::kUnreadable, 0, from, "not in the snapshot"};
}

Result<std::size_t> SnapshotMemory::ReadRanges(std::span<const MemoryRange> ranges,
                                               std::span<std::byte> to) const {
  return ReadOneByOne(*this, ranges, to);
}

}  // namespace osprey
