// What styles look like on the terminal at hand.
#pragma once

#include <array>

#include "osprey/tui/styled_text.h"

namespace osprey {

// The attributes of ncurses (attr_get(3ncurses)) for each style. To be made once the screen is
// open.
class TerminalStyles {
 public:
  // Without `colours` only bold, dim, underlined and reversed text.
  explicit TerminalStyles(bool colours);
  unsigned Of(Style style) const { return attributes_[static_cast<std::size_t>(style)]; }

 private:
  static constexpr std::size_t kStyles = static_cast<std::size_t>(Style::kError) + 1;
  std::array<unsigned, kStyles> attributes_{};
};

}  // namespace osprey
