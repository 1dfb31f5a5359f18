// What a sampler finds when it looks at its process.
#pragma once

#include <cstdint>

namespace osprey {

enum class Tick : std::uint8_t {
  kGoOn,
  kTargetEnded,
  kProgramReplaced,  // it has executed another program: the sampler is of no more use
};

}  // namespace osprey
