#include "osprey/native/stack_copy.h"

#include <algorithm>
#include <cstring>

#include "osprey/target/read_one_by_one.h"

namespace osprey {
namespace {

constexpr std::uint64_t kPage = 4096;
// In one call; process_vm_readv(2) takes 1024 (IOV_MAX).
constexpr std::size_t kMostPages = 512;

}  // namespace

void StackCopy::Put(std::span<const MemoryPiece> pieces) {
  bytes_.clear();
  parts_.clear();
  start_ = pieces.empty() ? Address{} : pieces.front().start;
  for (const MemoryPiece& piece : pieces) {
    parts_.push_back({piece.start, bytes_.size(), piece.bytes.size()});
    bytes_.insert(bytes_.end(), piece.bytes.begin(), piece.bytes.end());
  }
}

std::span<const std::byte> StackCopy::bytes() const {
  return parts_.empty() ? std::span<const std::byte>() : BytesOf(parts_.front());
}

bool StackCopy::Has(Address stack_pointer) const {
  // What led there was read below.
  return std::any_of(parts_.begin(), parts_.end(),
                     [&](const Part& part) { return stack_pointer - part.start <= part.size; });
}

Result<void> StackCopy::Take(Address start, std::size_t size) {
  start_ = start;
  parts_.clear();
  bytes_.resize(size);
  std::size_t taken = 0;
  while (taken < size) {
    // Page by page, so that the end of the mapping ends the copy and nothing else.
    std::vector<MemoryRange> pages;
    std::size_t asked = 0;
    while (pages.size() < kMostPages && taken + asked < size) {
      const Address at = start + taken + asked;
      const std::size_t rest =
          std::min<std::size_t>(size - taken - asked, kPage - at.value % kPage);
      pages.push_back({at, rest});
      asked += rest;
    }
    const auto arrived = memory_.ReadRanges(pages, std::span(bytes_).subspan(taken, asked));
    if (!arrived && taken == 0) {
      bytes_.clear();
      return arrived.error();
    }
    taken += arrived.value_or(0);
    if (arrived.value_or(0) < asked) break;
  }
  bytes_.resize(taken);
  parts_.push_back({start, 0, taken});
  return {};
}

Result<void> StackCopy::Read(Address from, std::span<std::byte> to) const {
  for (const Part& part : parts_) {
    const std::uint64_t inside = from - part.start;
    if (inside >= part.size || to.size() > part.size - inside) continue;
    std::memcpy(to.data(), BytesOf(part).data() + inside, to.size());
    return {};
  }
  if (!parts_.empty() && from - start_ < parts_.back().start - start_) {
    return Error{ErrorCode::kUnreadable, 0, from, "this part of the stack was not copied"};
  }
  return memory_.Read(from, to);
}

Result<std::size_t> StackCopy::ReadRanges(std::span<const MemoryRange> ranges,
                                          std::span<std::byte> to) const {
  return ReadOneByOne(*this, ranges, to);
}

}  // namespace osprey
