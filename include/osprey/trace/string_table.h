// Keeps every distinct string once and gives it a number.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "osprey/trace/ids.h"

namespace osprey {

class StringTable {
 public:
  StringTable();

  // The id of `text`; the same text always gives the same id.
  StringId Intern(std::string_view text);
  // The text of an id that this table gave. The reference lives as long as the table.
  const std::string& Get(StringId id) const { return strings_[id.value]; }
  std::size_t size() const { return strings_.size(); }

 private:
  std::deque<std::string> strings_;  // a deque never moves its elements: ids_ views them
  std::unordered_map<std::string_view, StringId> ids_;
};

}  // namespace osprey
