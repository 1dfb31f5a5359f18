#include "osprey/target/cached_memory.h"

#include <algorithm>
#include <cstring>

namespace osprey {

const CachedMemory::Page* CachedMemory::Get(std::uint64_t number) const {
  const auto found = pages_.find(number);
  if (found != pages_.end()) return found->second.get();
  if (pages_.size() >= kMaxPages) pages_.clear();
  auto page = std::make_unique<Page>();
  if (!source_.Read(Address(number * kPage), *page)) page.reset();
  return (pages_[number] = std::move(page)).get();
}

Result<void> CachedMemory::Read(Address from, std::span<std::byte> to) const {
  // What is as long as several pages gains nothing; an address near the end has none behind it.
  if (to.size() > 4 * kPage || from.value > UINT64_MAX - 8 * kPage) return source_.Read(from, to);
  for (std::size_t done = 0; done < to.size();) {
    const std::uint64_t at = from.value + done;
    const Page* page = Get(at / kPage);
    if (page == nullptr) return source_.Read(from, to);
    const std::size_t offset = at % kPage;
    const std::size_t size = std::min(kPage - offset, to.size() - done);
    std::memcpy(to.data() + done, page->data() + offset, size);
    done += size;
  }
  return {};
}

}  // namespace osprey
