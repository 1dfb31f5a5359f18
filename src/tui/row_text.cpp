#include "osprey/tui/row_text.h"

#include <fmt/format.h>

namespace osprey {

bool IsFunctionFrame(const Frame& frame) {
  return frame.kind == FrameKind::kPython || frame.kind == FrameKind::kNative;
}

std::string PlaceOf(const Frame& frame, const StringTable& strings, const PlaceStyle& style) {
  if (!IsFunctionFrame(frame) || strings.Get(frame.file).empty()) return {};
  std::string place(style.shorten(strings.Get(frame.file)));
  if (frame.line != 0 && style.line_numbers) place += fmt::format(":{}", frame.line);
  return place;
}

std::string ShortThread(std::string_view label) {
  const std::size_t name = label.find("): ");
  if (name != std::string_view::npos) return std::string(label.substr(name + 3));
  const std::size_t number = label.find('(');
  if (number == std::string_view::npos) return std::string(label);
  return std::string(label.substr(number + 1, label.find(')') - number - 1));
}

}  // namespace osprey
