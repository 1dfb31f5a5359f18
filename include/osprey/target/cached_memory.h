// Another memory, of which what was read once is not read again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "osprey/target/memory.h"

namespace osprey {

// For structures whose parts lie close together, such as Python's objects: copies whole pages,
// which costs hardly more than a few bytes of them. Good for memory that stands still, and for a
// moment. Not for several threads at a time.
class CachedMemory : public Memory {
 public:
  // `source` must outlive it.
  explicit CachedMemory(const Memory& source) : source_(source) {}

  // Forgets what was read.
  void Clear() { pages_.clear(); }

  Result<void> Read(Address from, std::span<std::byte> to) const override;
  // Always from the source.
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    return source_.ReadRanges(ranges, to);
  }

 private:
  static constexpr std::size_t kPage = 4096;
  // 64 MiB. More is read by no dump but those of very many large values: then all is forgotten,
  // which costs no more than having no cache.
  static constexpr std::size_t kMaxPages = 16384;
  using Page = std::array<std::byte, kPage>;

  // Null where it cannot be read as a whole.
  const Page* Get(std::uint64_t number) const;

  const Memory& source_;
  mutable std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;  // by number
};

}  // namespace osprey
