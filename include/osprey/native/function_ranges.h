// Where the functions of a program's files begin and end, by their symbols: for code that no unwind
// table describes.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "osprey/base/address.h"
#include "osprey/native/unwind_tables.h"
#include "osprey/target/memory_map.h"
#include "osprey/target/target.h"

namespace osprey {

class FunctionRanges {
 public:
  // `target` must outlive this.
  explicit FunctionRanges(const Target& target) : target_(&target) {}

  // The function that has `address`; none where no symbol with a size says it. The first time in a
  // file reads its symbol tables, which takes some milliseconds for one with 100,000 of them.
  std::optional<CodeRange> Find(Address address, const MemoryMap& map);
  // Forgets what lies where: for when UnwindTables::Update says that code is gone.
  void Forget() { files_.clear(); }

 private:
  // By their start; none where the file cannot be read.
  using Ranges = std::vector<CodeRange>;

  Ranges Read(const Mapping& mapping, const MemoryMap& map) const;

  const Target* target_;
  std::map<Address, Ranges> files_;  // by the start of the mapping
};

}  // namespace osprey
