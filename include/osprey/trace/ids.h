// Names for rows of the tables: never bare integers.
#pragma once

#include <compare>
#include <cstdint>

namespace osprey {

// A string in a StringTable; 0 is the empty string.
struct StringId {
  std::uint32_t value = 0;
  constexpr auto operator<=>(const StringId&) const = default;
};

// A frame in a StackTable: function, file, line.
struct FrameId {
  std::uint32_t value = 0;
  constexpr auto operator<=>(const FrameId&) const = default;
};

// A node of the call tree in a StackTable; 0 is the root, the empty stack.
struct StackId {
  std::uint32_t value = 0;
  constexpr auto operator<=>(const StackId&) const = default;
};

inline constexpr StackId kRootStack{0};

}  // namespace osprey
