#include "osprey/tui/styled_text.h"

#include <algorithm>

namespace osprey {

int StyledLine::Width() const {
  int width = 0;
  for (const Span& span : spans) width += WidthOf(span.text);
  return width;
}

void StyledLine::Clip(int columns, Charset charset) {
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const int width = WidthOf(spans[i].text);
    if (width > columns) {
      spans[i].text = CutEnd(spans[i].text, columns, charset);
      spans.resize(i + 1);
      return;
    }
    columns -= width;
  }
}

std::string StyledLine::Text() const {
  std::string text;
  for (const Span& span : spans) text += span.text;
  text.resize(text.find_last_not_of(' ') + 1);
  return text;
}

std::string PadLeft(std::string_view text, int columns) {
  const int blanks = std::max(0, columns - WidthOf(text));
  return std::string(static_cast<std::size_t>(blanks), ' ').append(text);
}

std::string PadRight(std::string_view text, int columns) {
  const int blanks = std::max(0, columns - WidthOf(text));
  return std::string(text).append(static_cast<std::size_t>(blanks), ' ');
}

}  // namespace osprey
