// Tells whether everything that was written reached the stream.
#pragma once

#include <ostream>
#include <string_view>

#include "osprey/base/result.h"

namespace osprey {

// kIo when the stream fails, which is known only after the flush; `what` is "the flame graph".
inline Result<void> Flushed(std::ostream& out, std::string_view what) {
  out.flush();
  if (out.good()) return {};
  return ErrnoError(ErrorCode::kIo, "cannot write " + std::string(what));
}

}  // namespace osprey
