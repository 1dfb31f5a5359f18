#include "osprey/trace/string_table.h"

namespace osprey {

StringTable::StringTable() { Intern(""); }

StringId StringTable::Intern(std::string_view text) {
  if (auto found = ids_.find(text); found != ids_.end()) return found->second;
  const StringId id{static_cast<std::uint32_t>(strings_.size())};
  ids_.emplace(strings_.emplace_back(text), id);
  return id;
}

}  // namespace osprey
