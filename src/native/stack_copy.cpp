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

Result<void> StackCopy::Take(Address start, std::size_t size) {
  start_ = start;
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
  return {};
}

Result<void> StackCopy::Read(Address from, std::span<std::byte> to) const {
  const std::uint64_t inside = from - start_;
  if (inside >= bytes_.size() || to.size() > bytes_.size() - inside) return memory_.Read(from, to);
  std::memcpy(to.data(), bytes_.data() + inside, to.size());
  return {};
}

Result<std::size_t> StackCopy::ReadRanges(std::span<const MemoryRange> ranges,
                                          std::span<std::byte> to) const {
  return ReadOneByOne(*this, ranges, to);
}

}  // namespace osprey
