#include "osprey/python/version.h"

#include <fmt/format.h>

namespace osprey {

std::string Version::ToString() const {
  return fmt::format("{}.{}.{}{}", major, minor, micro, free_threaded ? "t" : "");
}

}  // namespace osprey
