// Which Osprey this is.
#pragma once

namespace osprey {

inline constexpr const char* kOspreyVersion = OSPREY_VERSION;

}  // namespace osprey
