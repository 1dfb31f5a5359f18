// Which names are to be shown: a regular expression that a person types.
#pragma once

#include <memory>
#include <string>

#include "osprey/base/result.h"

namespace osprey {

class NameFilter {
 public:
  // An extended regular expression of POSIX (regex(7)): its matching needs no backtracking, so that
  // no name makes it slow. The words of Python's for classes (\d \w \s, and their opposites outside
  // of brackets) and groups ((?:)) are understood, too. Capitals count when it has some.
  // kInvalidArgument, in the library's words. An empty one matches everything.
  static Result<NameFilter> Parse(const std::string& expression);
  NameFilter();
  NameFilter(NameFilter&&) noexcept;
  NameFilter& operator=(NameFilter&&) noexcept;
  ~NameFilter();

  bool Matches(const std::string& name) const;
  bool is_empty() const { return expression_.empty(); }
  const std::string& expression() const { return expression_; }

 private:
  struct Compiled;
  std::string expression_;
  std::unique_ptr<Compiled> compiled_;  // null for an empty one
};

}  // namespace osprey
