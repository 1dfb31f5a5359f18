#include "osprey/tui/name_filter.h"

#include <regex.h>

#include <array>
#include <cctype>
#include <cstddef>
#include <string_view>
#include <utility>

namespace osprey {
namespace {

// What is in brackets in POSIX's words for the `character` after a backslash; empty: nothing.
std::string_view ClassOf(char character) {
  switch (character) {
    case 'd':
      return "0-9";
    case 'w':
      return "[:alnum:]_";
    case 's':
      return "[:space:]";
    default:
      return {};
  }
}

// The expression as regcomp(3) wants it. Its own \w and \s are an extension of some libraries, and
// none has \d; in brackets it knows no backslash at all.
std::string ToPosix(std::string_view expression) {
  std::string posix;
  bool in_brackets = false;
  std::size_t begin = 0;  // of what is in the brackets
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    const char next = i + 1 < expression.size() ? expression[i + 1] : '\0';
    if (c == '\\' && next != '\0') {
      ++i;
      const auto lower = static_cast<char>(std::tolower(static_cast<unsigned char>(next)));
      if (in_brackets) {
        const std::string_view words = ClassOf(next);
        posix += words.empty() ? std::string_view(&expression[i], 1) : words;
      } else if (const std::string_view words = ClassOf(lower); !words.empty()) {
        posix.append(lower == next ? "[" : "[^").append(words).append("]");
      } else {
        posix.append({c, next});
      }
    } else if (in_brackets) {
      posix += c;
      if (c == '[' && (next == ':' || next == '.' || next == '=')) {  // "[:alpha:]", whole
        const std::size_t end = expression.find(std::string{next, ']'}, i + 2);
        if (end == std::string_view::npos) continue;
        posix += expression.substr(i + 1, end + 1 - i);
        i = end + 1;
      } else if (c == ']' && i > begin) {
        in_brackets = false;
      }
    } else if (c == '(' && expression.substr(i, 3) == "(?:") {
      posix += c;
      i += 2;
    } else {
      posix += c;
      if (c != '[') continue;
      in_brackets = true;
      if (next == '^') {
        posix += next;
        ++i;
      }
      begin = i + 1;  // a bracket that stands first is one of the characters
    }
  }
  return posix;
}

}  // namespace

// Never copied nor moved: regexec(3) may keep pointers to itself.
struct NameFilter::Compiled {
  regex_t regex{};
  bool is_valid = false;
  Compiled() = default;
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
  ~Compiled() {
    if (is_valid) ::regfree(&regex);
  }
};

NameFilter::NameFilter() = default;
NameFilter::NameFilter(NameFilter&&) noexcept = default;
NameFilter& NameFilter::operator=(NameFilter&&) noexcept = default;
NameFilter::~NameFilter() = default;

Result<NameFilter> NameFilter::Parse(const std::string& expression) {
  NameFilter filter;
  if (expression.empty()) return filter;
  filter.expression_ = expression;
  filter.compiled_ = std::make_unique<Compiled>();
  // "\S" is no capital that anybody looks for.
  bool has_capitals = false;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    if (expression[i] == '\\') {
      ++i;
    } else if (std::isupper(static_cast<unsigned char>(expression[i])) != 0) {
      has_capitals = true;
    }
  }
  const int flags = REG_EXTENDED | REG_NOSUB | (has_capitals ? 0 : REG_ICASE);
  const int error = ::regcomp(&filter.compiled_->regex, ToPosix(expression).c_str(), flags);
  if (error != 0) {
    std::array<char, 256> text{};
    ::regerror(error, &filter.compiled_->regex, text.data(), text.size());
    return Error{ErrorCode::kInvalidArgument, 0, Address{}, std::string(text.data())};
  }
  filter.compiled_->is_valid = true;
  return filter;
}

bool NameFilter::Matches(const std::string& name) const {
  if (!compiled_) return true;
  return ::regexec(&compiled_->regex, name.c_str(), 0, nullptr, 0) == 0;
}

}  // namespace osprey
