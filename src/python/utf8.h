// Unicode code points to UTF-8.
#pragma once

#include <cstdint>
#include <string>

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

}  // namespace osprey
