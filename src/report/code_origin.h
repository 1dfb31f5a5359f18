// Whose code a frame is: what the flame graph's colours say.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "osprey/trace/frame.h"

namespace osprey {

enum class CodeOrigin : std::uint8_t { kOwn, kStdlib, kThirdParty, kNative, kRoot, kTask };
inline constexpr std::array kCodeOrigins{CodeOrigin::kOwn,        CodeOrigin::kStdlib,
                                         CodeOrigin::kThirdParty, CodeOrigin::kNative,
                                         CodeOrigin::kRoot,       CodeOrigin::kTask};

// For people: "own code".
std::string_view NameOf(CodeOrigin origin);

// Of a frame of that kind whose code object names that file. Code below `own_root` is the user's
// own, unless a virtual environment or a whole Python lives there.
CodeOrigin OriginOf(FrameKind kind, std::string_view file, std::string_view own_root = {});

// Where in `file` the part begins that tells the packages of a library apart: the place behind
// ".../site-packages/" or ".../lib/python3.11/"; 0 where there is none.
std::size_t LibraryRootLength(std::string_view file);

}  // namespace osprey
