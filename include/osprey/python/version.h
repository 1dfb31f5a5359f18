// Which CPython it is.
#pragma once

#include <string>

namespace osprey {

struct Version {
  int major = 0;
  int minor = 0;
  int micro = 0;
  bool free_threaded = false;  // built with --disable-gil (PEP 703)
  bool operator==(const Version&) const = default;
  // "3.14.2", with a `t` behind it for a free-threaded build.
  std::string ToString() const;
};

}  // namespace osprey
