// Versions as text: Py_GetVersion's buffer and the names of files.
#include <fmt/format.h>

#include <cctype>
#include <optional>
#include <string>

#include "osprey/python/runtime_finder.h"

namespace osprey {
namespace {

// One to three digits at `position`, which moves behind them.
std::optional<int> Number(std::string_view text, std::size_t& position) {
  int value = 0;
  const std::size_t start = position;
  while (position < text.size() && position - start < 3 &&
         std::isdigit(static_cast<unsigned char>(text[position])) != 0) {
    value = value * 10 + (text[position++] - '0');
  }
  if (position == start) return std::nullopt;
  return value;
}

bool Skip(std::string_view text, std::size_t& position, char expected) {
  if (position >= text.size() || text[position] != expected) return false;
  ++position;
  return true;
}

std::optional<Version> VersionAt(std::string_view text, std::size_t position) {
  const auto major = Number(text, position);
  if (!major || !Skip(text, position, '.')) return std::nullopt;
  const auto minor = Number(text, position);
  if (!minor || !Skip(text, position, '.')) return std::nullopt;
  const auto micro = Number(text, position);
  if (!micro) return std::nullopt;
  // "rc1", "+" and the like may follow; then the build in brackets.
  for (int i = 0; i < 8 && position < text.size() && text[position] > ' '; ++i) ++position;
  if (!Skip(text, position, ' ') || !Skip(text, position, '(')) return std::nullopt;
  return Version{*major, *minor, *micro};
}

}  // namespace

Result<Version> FindVersionText(std::string_view bytes) {
  for (std::size_t i = 0; i + 8 < bytes.size(); ++i) {
    if ((bytes[i] != '2' && bytes[i] != '3') || bytes[i + 1] != '.') continue;
    if (i > 0 && bytes[i - 1] != '\0') continue;  // the buffer starts with it
    if (const auto version = VersionAt(bytes.substr(0, std::min(bytes.size(), i + 32)), i)) {
      return *version;
    }
  }
  return Error{ErrorCode::kNotFound, 0, Address{}, "no version text"};
}

Result<Version> FindVersionLiteral(std::string_view bytes, const Version& major_minor) {
  const std::string start = fmt::format("{}.{}.", major_minor.major, major_minor.minor);
  const auto is_alphanumeric = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
  };
  for (std::size_t i = bytes.find(start); i != std::string_view::npos;
       i = bytes.find(start, i + 1)) {
    // The linker may let it share the end of a longer string, such as ".../versions/3.8.18".
    if (i > 0 && (is_alphanumeric(bytes[i - 1]) || bytes[i - 1] == '.')) continue;
    std::size_t position = i + start.size();
    const auto micro = Number(bytes, position);
    // "rc1", "+" and the like may follow.
    for (int k = 0; k < 8 && position < bytes.size() &&
                    (is_alphanumeric(bytes[position]) || bytes[position] == '+');
         ++k) {
      ++position;
    }
    if (micro && position < bytes.size() && bytes[position] == '\0') {
      return Version{major_minor.major, major_minor.minor, *micro};
    }
  }
  return Error{ErrorCode::kNotFound, 0, Address{}, "no version among the constants"};
}

Result<Version> VersionOfFileName(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  std::size_t position = name.find("python");
  if (position != std::string_view::npos) {
    position += 6;
    const auto major = Number(name, position);
    if (major && Skip(name, position, '.')) {
      if (const auto minor = Number(name, position)) return Version{*major, *minor, 0};
    }
  }
  return Error{ErrorCode::kNotFound, 0, Address{}, "no version in the file's name"};
}

}  // namespace osprey
