// Unicode code points to UTF-8, and what is UTF-8 already.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace osprey {

// Appends `code_point`; what is none (a surrogate, above U+10FFFF) becomes U+FFFD.
inline void AppendUtf8(std::uint32_t code_point, std::string& text) {
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000)) code_point = 0xFFFD;
  const auto put = [&text](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6U);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12U);
    put(0x80 | (code_point >> 6U & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18U);
    put(0x80 | (code_point >> 12U & 0x3F));
    put(0x80 | (code_point >> 6U & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

// How many of the first bytes are UTF-8 (RFC 3629): all of them, or those before the first
// character that is none or not whole.
inline std::size_t Utf8Length(std::string_view text) {
  const auto byte = [&](std::size_t at) -> std::uint32_t {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
  };
  constexpr std::uint32_t kLowest[] = {0, 0, 0x80, 0x800, 0x10000};  // by the number of bytes
  std::size_t at = 0;
  while (at < text.size()) {
    const std::uint32_t first = byte(at);
    const std::size_t size = first < 0x80   ? 1
                             : first < 0xC0 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF8 ? 4
                                            : 0;
    if (size == 0) break;
    std::uint32_t code_point = size == 1 ? first : first & (0x7FU >> size);
    bool is_whole = true;
    for (std::size_t i = 1; i < size; ++i) {
      if ((byte(at + i) & 0xC0U) != 0x80) is_whole = false;
      code_point = code_point << 6U | (byte(at + i) & 0x3FU);
    }
    if (!is_whole || code_point < kLowest[size] || code_point > 0x10FFFF ||
        (code_point >= 0xD800 && code_point < 0xE000)) {
      break;
    }
    at += size;
  }
  return at;
}

}  // namespace osprey
