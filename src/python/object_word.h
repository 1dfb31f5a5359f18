// A member of a copied object that refers to another object.
#pragma once

#include "python/field.h"

namespace osprey {

// Objects are aligned to 8 bytes at least; the lowest bits tag references (pycore_stackref.h), and
// with both of them set the word holds a small int. Null for what is no object.
inline Address ObjectAt(const std::byte* bytes, Offset offset) {
  constexpr std::uint64_t kTagMask = 3;
  const auto word = Field<std::uint64_t>(bytes, offset);
  if ((word & kTagMask) == kTagMask) return Address{};
  const Address object(word & ~kTagMask);
  return object.value % 8 == 0 ? object : Address{};
}

}  // namespace osprey
