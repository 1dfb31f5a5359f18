// Where the entries of a dict's keys lie (PyDictKeysObject, Include/internal/pycore_dict.h; until
// 3.10 Objects/dict-common.h).
#pragma once

#include <cstdint>

#include "osprey/python/layout.h"
#include "osprey/target/memory.h"

namespace osprey {

struct DictEntries {
  Address first;
  std::uint64_t count = 0;  // as the target claims
  bool has_hash = true;  // entries are hash, key and value, else key and value: words all of them
};

// Not for 2.7. Errors of reading; kMalformed where the sizes make no sense.
Result<DictEntries> LocateDictEntries(const Memory& memory, const Layout& layout, Address keys);

}  // namespace osprey
