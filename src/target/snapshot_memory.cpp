#include "osprey/target/snapshot_memory.h"

#include <algorithm>
#include <cstring>

#include "osprey/target/read_one_by_one.h"

namespace osprey {
namespace {
constexpr std::size_t kMaxRangesPerCall = 1024;  // IOV_MAX, sysconf(3)
// The smallest page of any machine: what lies in one can be read as a whole or not at all.
constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kMaxGap = 1024;

// Whether one range may hold `piece`, too.
bool IsNear(const MemoryRange& range, const MemoryRange& piece) {
  const std::uint64_t begin = piece.address - range.address;  // huge where it lies before
  return begin <= range.size + kMaxGap &&
         range.address.value % kPage + begin + piece.size <= kPage &&
         range.address.value % kPage + range.size <= kPage;
}

}  // namespace

void SnapshotMemory::Clear() {
  pieces_.clear();
  ranges_.clear();
  places_.clear();
  bytes_.clear();
}

std::size_t SnapshotMemory::Add(MemoryRange piece) {
  pieces_.push_back({piece, bytes_.size(), ranges_.size()});
  ranges_.push_back(piece);
  places_.push_back({bytes_.size(), pieces_.size() - 1});
  bytes_.resize(bytes_.size() + piece.size);
  return pieces_.size() - 1;
}

std::size_t SnapshotMemory::AddNear(MemoryRange piece) {
  if (ranges_.empty() || !IsNear(ranges_.back(), piece)) return Add(piece);
  MemoryRange& range = ranges_.back();
  const std::size_t begin = piece.address - range.address;
  range.size = std::max(range.size, begin + piece.size);
  bytes_.resize(places_.back().offset + range.size);
  pieces_.push_back({piece, places_.back().offset + begin, ranges_.size() - 1});
  return pieces_.size() - 1;
}

std::size_t SnapshotMemory::Put(Address address, std::span<const std::byte> bytes) {
  const std::size_t index = Add({address, bytes.size()});
  std::copy(bytes.begin(), bytes.end(),
            bytes_.begin() + static_cast<std::ptrdiff_t>(pieces_[index].offset));
  return index;
}

Result<std::size_t> SnapshotMemory::Refill(const Memory& source, std::size_t first) {
  if (first >= pieces_.size()) return pieces_.size();
  std::size_t done = pieces_[first].copied;
  while (done < ranges_.size()) {
    const std::size_t count = std::min(ranges_.size() - done, kMaxRangesPerCall);
    const std::size_t end =
        done + count < ranges_.size() ? places_[done + count].offset : bytes_.size();
    const std::size_t wanted = end - places_[done].offset;
    const auto arrived = source.ReadRanges(std::span(ranges_).subspan(done, count),
                                           std::span(bytes_).subspan(places_[done].offset, wanted));
    if (!arrived) {
      if (arrived.error().code == ErrorCode::kUnreadable) return places_[done].first_piece;
      return arrived.error();
    }
    if (*arrived == wanted) {
      done += count;
      continue;
    }
    const std::size_t reached = places_[done].offset + *arrived;
    while (done < ranges_.size() && places_[done].offset + ranges_[done].size <= reached) ++done;
    return done < ranges_.size() ? places_[done].first_piece : pieces_.size();
  }
  return pieces_.size();
}

std::size_t SnapshotMemory::Accept(std::span<const std::byte> bytes) {
  const std::size_t count = std::min(bytes.size(), bytes_.size());
  if (count > 0) std::memcpy(bytes_.data(), bytes.data(), count);
  if (count == bytes_.size()) return pieces_.size();
  const auto cut = std::upper_bound(places_.begin(), places_.end(), count,
                                    [](std::size_t at, const Place& p) { return at < p.offset; });
  return std::prev(cut)->first_piece;
}

Result<void> SnapshotMemory::Read(Address from, std::span<std::byte> to) const {
  if (to.empty()) return {};  // as process_vm_readv(2)
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const MemoryRange& range = pieces_[i].range;
    const std::uint64_t offset = from - range.address;
    if (offset > range.size || to.size() > range.size - offset) continue;
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
