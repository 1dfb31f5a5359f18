#include "osprey/target/memory.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace osprey {

Result<std::string> ReadCString(const Memory& memory, Address from, std::size_t limit) {
  // The smallest page of any machine: larger ones are multiples, so no read crosses into a page
  // that the string may not reach.
  constexpr std::size_t kPage = 4096;
  std::array<std::byte, kPage> buffer;
  std::string text;
  while (text.size() < limit) {
    const Address next = from + text.size();
    if (next < from) break;  // the string runs over the end of the address space
    const auto to_page_end = kPage - static_cast<std::size_t>(next.value % kPage);
    const std::size_t size = std::min(to_page_end, limit - text.size());
    const std::span<std::byte> chunk(buffer.data(), size);
    if (auto read = memory.Read(next, chunk); !read) return read.error();
    const auto* chars = reinterpret_cast<const char*>(chunk.data());
    const std::size_t length = ::strnlen(chars, size);
    text.append(chars, length);
    if (length < size) return text;
  }
  return Error{ErrorCode::kMalformed, 0, from, "a string without an end"};
}

}  // namespace osprey
