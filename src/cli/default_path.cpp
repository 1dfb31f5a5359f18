#include "cli/default_path.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <string_view>

namespace osprey {
namespace {

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

const char* EndingOf(Format format) {
  switch (format) {
    case Format::kFlamegraph:
      return ".svg";
    case Format::kRaw:
      return ".txt";
    case Format::kSpeedscope:
      return ".speedscope.json";
  }
  return "";
}

}  // namespace

std::string DefaultPath(const std::string& title, Format format) {
  std::string name;
  for (std::size_t start = 0; start <= title.size();) {
    const std::size_t end = std::min(title.find(' ', start), title.size());
    const std::string_view word = BaseName(std::string_view(title).substr(start, end - start));
    if (name.empty()) name = word;
    if (word.ends_with(".py")) {
      name = word.substr(0, word.size() - 3);
      break;
    }
    start = end + 1;
  }
  if (name.empty()) name = "osprey";
  return fmt::format("{}-{:%Y%m%d-%H%M%S}{}", name, fmt::localtime(std::time(nullptr)),
                     EndingOf(format));
}

}  // namespace osprey
