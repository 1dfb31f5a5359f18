#include "osprey/tui/name_filter.h"

#include <regex.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace osprey {

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
  const bool has_capitals = std::any_of(expression.begin(), expression.end(),
                                        [](unsigned char c) { return std::isupper(c) != 0; });
  const int flags = REG_EXTENDED | REG_NOSUB | (has_capitals ? 0 : REG_ICASE);
  const int error = ::regcomp(&filter.compiled_->regex, expression.c_str(), flags);
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
