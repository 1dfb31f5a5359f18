// The bits that say how a str keeps its characters (PyASCIIObject.state,
// Include/cpython/unicodeobject.h).
#pragma once

#include <cstdint>

#include "osprey/python/layout.h"

namespace osprey {

struct UnicodeState {
  std::uint32_t width;  // bytes of one character; valid ones are 1, 2 and 4
  bool is_compact;      // the characters follow the head
  bool is_ascii;        // then the head is the shorter one
};

inline UnicodeState ParseUnicodeState(const Layout& layout, std::uint32_t state) {
  const std::uint32_t bits = state >> layout.unicode.kind_bit;
  return {bits & 7U, (bits & 8U) != 0, (bits & 16U) != 0};
}

}  // namespace osprey
