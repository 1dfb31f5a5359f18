#include "osprey/native/stack_copy.h"

#include <algorithm>
#include <cstring>

#include "osprey/target/read_one_by_one.h"

namespace osprey {
namespace {

constexpr std::uint64_t kPage = 4096;

}  // namespace

Result<void> StackCopy::Take(Address start, std::size_t size) {
  start_ = start;
  bytes_.resize(size);
  // Page by page, so that the end of the mapping ends the copy and nothing else.
  std::vector<MemoryRange> pages;
  for (std::size_t taken = 0; taken < size;) {
    const Address at = start + taken;
    const std::size_t rest = std::min<std::size_t>(size - taken, kPage - at.value % kPage);
    pages.push_back({at, rest});
    taken += rest;
  }
  const auto arrived = memory_.ReadRanges(pages, bytes_);
  bytes_.resize(arrived ? *arrived : 0);
  if (!arrived) return arrived.error();
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
