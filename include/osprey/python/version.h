// Which CPython it is.
#pragma once

#include <string>

namespace osprey {

struct Version {
  int major = 0;
  int minor = 0;
  int micro = 0;
  bool operator==(const Version&) const = default;
  std::string ToString() const;
};

}  // namespace osprey
