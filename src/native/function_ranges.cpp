#include "osprey/native/function_ranges.h"

#include <algorithm>
#include <string_view>

namespace osprey {

FunctionRanges::Ranges FunctionRanges::Read(const Mapping& mapping, const MemoryMap& map) const {
  if (mapping.inode == 0) return {};
  const Module module = ModuleOf(mapping, map);
  const auto file = target_->OpenModule(module);
  if (!file) return {};
  const auto bias = LoadBias(module, *file);
  if (!bias) return {};
  Ranges ranges;
  for (const ElfSymbol& symbol : file->FindFunctions([](std::string_view) { return true; })) {
    const Address start(symbol.address.value + *bias);
    if (symbol.size != 0 && mapping.Contains(start)) ranges.push_back({start, start + symbol.size});
  }
  std::sort(ranges.begin(), ranges.end(), [](const CodeRange& a, const CodeRange& b) {
    return a.start != b.start ? a.start < b.start : a.end < b.end;
  });
  return ranges;
}

std::optional<CodeRange> FunctionRanges::Find(Address address, const MemoryMap& map) {
  const Mapping* mapping = map.Find(address);
  if (mapping == nullptr) return std::nullopt;
  auto known = files_.find(mapping->start);
  if (known == files_.end()) {
    known = files_.emplace(mapping->start, Read(*mapping, map)).first;
  }
  const Ranges& ranges = known->second;
  auto range = std::upper_bound(ranges.begin(), ranges.end(), address,
                                [](Address a, const CodeRange& r) { return a < r.start; });
  if (range == ranges.begin() || !(--range)->Contains(address)) return std::nullopt;
  return *range;
}

}  // namespace osprey
