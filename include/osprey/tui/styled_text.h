// Lines of text with styles: a screen before it meets a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "osprey/tui/text_width.h"

namespace osprey {

enum class Style : std::uint8_t {
  kPlain,
  kTitle,
  kLabel,
  kValue,
  kAlert,  // a value that should be looked at
  kGraph,
  kColumns,
  kSortedColumn,
  kHot,  // a high share, then lower ones
  kWarm,
  kMild,
  kCool,
  kFunction,
  kPlace,  // file and line
  kRoot,   // a process, thread or task
  kHeading,
  kSelected,
  kKey,
  kMessage,
  kError,
};

struct StyledLine {
  struct Span {
    std::string text;  // harmless
    Style style = Style::kPlain;
    bool operator==(const Span&) const = default;
  };
  std::vector<Span> spans;
  Style fill = Style::kPlain;  // of what is right of the spans
  bool operator==(const StyledLine&) const = default;

  void Add(std::string text, Style style = Style::kPlain) {
    if (!text.empty()) spans.push_back({std::move(text), style});
  }
  int Width() const;
  // Leaves out what is beyond `columns`.
  void Clip(int columns, Charset charset);
  // The text alone, without blanks at its end.
  std::string Text() const;
};

// `text` with blanks before or behind it, up to `columns`.
std::string PadLeft(std::string_view text, int columns);
std::string PadRight(std::string_view text, int columns);

}  // namespace osprey
