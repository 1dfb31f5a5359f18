#include "cli/default_path.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

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

std::string FreePath(const std::string& path, Format format) {
  constexpr int kMost = 1000;  // more than anybody writes in a second
  const std::string_view ending = EndingOf(format);
  const std::string_view stem = std::string_view(path).substr(0, path.size() - ending.size());
  std::string free = path;
  for (int i = 2; i < kMost && ::access(free.c_str(), F_OK) == 0; ++i) {
    free = fmt::format("{}-{}{}", stem, i, ending);
  }
  return free;
}

}  // namespace osprey
