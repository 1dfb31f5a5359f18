// Bytes of a program's memory that somebody has copied.
#pragma once

#include <cstddef>
#include <span>

#include "osprey/base/address.h"

namespace osprey {

struct MemoryPiece {
  Address start;
  std::span<const std::byte> bytes;
};

}  // namespace osprey
