// Bytes as text and back.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace osprey {

inline std::string ToHex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<int>(byte));
  return text;
}

// An odd digit at the end, or anything that is none, ends the bytes.
inline std::vector<std::byte> FromHex(std::string_view text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned value = 0;
    const char* start = text.data() + i;
    if (std::from_chars(start, start + 2, value, 16).ptr != start + 2) break;
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

}  // namespace osprey
