// Takes a member out of a copied struct.
#pragma once

#include <cstddef>
#include <cstring>

#include "osprey/python/layout.h"

namespace osprey {

template <typename T>
T Field(const std::byte* object, Offset offset) {
  T value;
  std::memcpy(&value, object + offset, sizeof(T));
  return value;
}

}  // namespace osprey
