// The items of dicts and sets, one after the other in the order in which Python gives them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "osprey/python/layout.h"
#include "osprey/target/memory.h"

namespace osprey {

// Reads a table of words piece by piece, so that of a large one no more is read than asked for.
class TableReader {
 public:
  TableReader(const Memory& memory, Address start, std::uint64_t entries, std::uint64_t words)
      : memory_(memory), start_(start), entries_(entries), words_(words) {}

  // The words of the next entry, good until the next call; null behind the last.
  Result<const std::uint64_t*> Next();
  // Of an entry that was not passed over yet.
  std::uint64_t next_index() const { return next_; }

 private:
  const Memory& memory_;
  Address start_;
  std::uint64_t entries_;
  std::uint64_t words_;
  std::uint64_t next_ = 0;
  std::uint64_t first_ = 0;  // what piece_ begins with
  std::vector<std::uint64_t> piece_;
};

struct DictItem {
  Address key, value;
};

class DictItems {
 public:
  DictItems(const Memory& memory, const Layout& layout, Address dict)
      : memory_(memory), layout_(layout), dict_(dict) {}

  // Nothing behind the last item. Errors of reading, kMalformed; the same again when called again.
  Result<std::optional<DictItem>> Next();

 private:
  Result<void> Open();
  Result<void> OpenTable();
  // Reads all items of a table whose values lie apart.
  Result<void> ReadSplit(TableReader& keys, std::uint64_t entries, Address values);
  // Which of the values were set, in that order.
  Result<std::vector<std::uint8_t>> ReadOrder(Address values) const;

  const Memory& memory_;
  const Layout& layout_;
  Address dict_;
  bool is_open_ = false;
  std::optional<TableReader> table_;
  std::size_t key_ = 0, value_ = 0;  // which words of an entry
  std::vector<DictItem> split_;
  std::size_t next_split_ = 0;
};

class SetItems {
 public:
  SetItems(const Memory& memory, const Layout& layout, Address set)
      : memory_(memory), layout_(layout), set_(set) {}

  Result<std::optional<Address>> Next();

 private:
  // 2.7 has a str of its own in the place of what was removed.
  bool IsOldDummy(Address key, std::uint64_t hash) const;

  const Memory& memory_;
  const Layout& layout_;
  Address set_;
  bool has_removed_ = false;
  std::optional<TableReader> table_;
};

}  // namespace osprey
