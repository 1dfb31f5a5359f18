#include "osprey/target/core_memory.h"

#include <algorithm>

#include "osprey/target/read_one_by_one.h"
#include "target/file_bytes.h"

namespace osprey {
namespace {

Error Unreadable(Address at, const char* why) { return Error{ErrorCode::kUnreadable, 0, at, why}; }

// The last of `sorted`, by start, that starts at or below `a`; null when none does.
template <typename T>
const T* LastBelow(const std::vector<T>& sorted, Address a) {
  const auto after = std::upper_bound(sorted.begin(), sorted.end(), a,
                                      [](Address x, const T& each) { return x < each.start; });
  return after == sorted.begin() ? nullptr : &*std::prev(after);
}

}  // namespace

CoreMemory::CoreMemory(UniqueFd fd, std::uint64_t size, std::vector<CoreSegment> segments)
    : fd_(std::move(fd)), size_(size), segments_(std::move(segments)) {
  std::stable_sort(segments_.begin(), segments_.end(),
                   [](const CoreSegment& a, const CoreSegment& b) { return a.start < b.start; });
}

CoreMemory::~CoreMemory() = default;

void CoreMemory::BackWith(std::vector<BackingFile> files, std::vector<BackingPiece> pieces,
                          std::uint64_t page_size) {
  files_ = std::move(files);
  pieces_ = std::move(pieces);
  page_size_ = page_size;
  std::stable_sort(pieces_.begin(), pieces_.end(),
                   [](const BackingPiece& a, const BackingPiece& b) { return a.start < b.start; });
}

const CoreSegment* CoreMemory::Find(Address a) const {
  const CoreSegment* segment = LastBelow(segments_, a);
  return segment != nullptr && a - segment->start < segment->memory_size ? segment : nullptr;
}

Result<std::size_t> CoreMemory::ReadBacking(Address from, std::span<std::byte> to) const {
  const BackingPiece* piece = LastBelow(pieces_, from);
  if (piece == nullptr || from - piece->start >= piece->size || piece->file >= files_.size()) {
    return Unreadable(from, Find(from) == nullptr ? "not mapped, as far as the core file says"
                                                  : "left out of the core file");
  }
  const std::uint64_t inside = from - piece->start;
  const std::uint64_t offset = piece->file_offset + inside;
  to = to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), piece->size - inside)));
  const BackingFile& file = files_[piece->file];
  if (offset >= file.size) {
    const std::uint64_t page_end = (file.size + page_size_ - 1) / page_size_ * page_size_;
    if (offset >= page_end) return Unreadable(from, "mapped behind the end of its file");
    to = to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), page_end - offset)));
    std::fill(to.begin(), to.end(), std::byte{0});
    return to.size();
  }
  to = to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), file.size - offset)));
  if (!FileBytes(file.fd.get(), file.size).Read(offset, to)) {
    return Unreadable(from, "left out of the core file, and its own file cannot be read");
  }
  return to.size();
}

Result<std::size_t> CoreMemory::ReadSome(Address from, std::span<std::byte> to) const {
  const CoreSegment* segment = LastBelow(segments_, from);
  // Up to the next segment, which has its own bytes.
  const auto* next = segment == nullptr ? segments_.data() : segment + 1;
  if (next != segments_.data() + segments_.size()) {
    to = to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), next->start - from)));
  }
  if (segment == nullptr || from - segment->start >= segment->file_size) {
    return ReadBacking(from, to);
  }
  const std::uint64_t inside = from - segment->start;
  const std::uint64_t offset = segment->file_offset + inside;
  if (offset < inside || offset >= size_) {
    return Unreadable(from, "behind the end of the core file, which is cut off");
  }
  to = to.first(static_cast<std::size_t>(
      std::min<std::uint64_t>({to.size(), segment->file_size - inside, size_ - offset})));
  if (!FileBytes(fd_.get(), size_).Read(offset, to)) {
    return Unreadable(from, "the core file cannot be read there");
  }
  return to.size();
}

Result<void> CoreMemory::Read(Address from, std::span<std::byte> to) const {
  for (std::size_t done = 0; done < to.size();) {
    const Address at = from + done;
    if (at < from) return Unreadable(from, "behind the end of the address space");
    const auto got = ReadSome(at, to.subspan(done));
    if (!got) {
      Error error = got.error();
      error.address = from;
      return error;
    }
    done += *got;
  }
  return {};
}

Result<std::size_t> CoreMemory::ReadRanges(std::span<const MemoryRange> ranges,
                                           std::span<std::byte> to) const {
  return ReadOneByOne(*this, ranges, to);
}

}  // namespace osprey
