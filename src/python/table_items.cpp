#include "python/table_items.h"

#include <algorithm>
#include <array>
#include <span>

#include "osprey/python/objects.h"
#include "python/dict_entries.h"

namespace osprey {
namespace {

constexpr std::uint64_t kEntriesAtOnce = 128;                   // about 3 KB: no more than a page
constexpr std::uint64_t kMaxEntries = std::uint64_t{1} << 40U;  // more than memory holds
// Until 3.10 a split table may be as large as the classes' attributes are many; later up to 30
// (SHARED_KEYS_MAX_SIZE).
constexpr std::uint64_t kMaxSplit = 65536;

Error Malformed(Address where, const char* what) {
  return Error{ErrorCode::kMalformed, 0, where, what};
}

}  // namespace

Result<const std::uint64_t*> TableReader::Next() {
  if (next_ == entries_) return static_cast<const std::uint64_t*>(nullptr);
  if (next_ - first_ == piece_.size() / words_) {
    first_ = next_;
    piece_.resize(std::min(entries_ - next_, kEntriesAtOnce) * words_);
    const auto read = memory_.Read(start_ + next_ * words_ * sizeof(std::uint64_t),
                                   std::as_writable_bytes(std::span(piece_)));
    if (!read) {
      piece_.clear();
      return read.error();
    }
  }
  return piece_.data() + (next_++ - first_) * words_;
}

Result<std::optional<DictItem>> DictItems::Next() {
  if (!is_open_) {
    if (auto opened = layout_.dict.ma_table != kAbsent ? OpenTable() : Open(); !opened) {
      return opened.error();
    }
    is_open_ = true;
  }
  if (!table_) {
    if (next_split_ == split_.size()) return std::optional<DictItem>();
    return std::optional(split_[next_split_++]);
  }
  while (true) {
    const auto entry = table_->Next();
    if (!entry) return entry.error();
    if (*entry == nullptr) return std::optional<DictItem>();
    const DictItem item{Address((*entry)[key_]), Address((*entry)[value_])};
    if (!item.key.IsNull() && !item.value.IsNull()) return std::optional(item);
  }
}

// PyDictEntry (Include/dictobject.h of 2.7): hash, key, value.
Result<void> DictItems::OpenTable() {
  const auto mask = memory_.ReadAs<std::uint64_t>(dict_ + layout_.dict.ma_mask);
  if (!mask) return mask.error();
  const auto start = memory_.ReadAs<Address>(dict_ + layout_.dict.ma_table);
  if (!start) return start.error();
  if (*mask >= kMaxEntries) return Malformed(dict_, "a dict with too many entries");
  key_ = 1;
  value_ = 2;
  table_.emplace(memory_, *start, *mask + 1, 3);
  return {};
}

Result<void> DictItems::Open() {
  const auto& offsets = layout_.dict;
  const auto keys = memory_.ReadAs<Address>(dict_ + offsets.ma_keys);
  if (!keys) return keys.error();
  const auto values = memory_.ReadAs<Address>(dict_ + offsets.ma_values);
  if (!values) return values.error();
  const auto located = LocateDictEntries(memory_, layout_, *keys);
  if (!located) return located.error();
  if (located->count > kMaxEntries) return Malformed(dict_, "a dict with too many entries");
  const std::uint64_t words = located->has_hash ? 3 : 2;
  key_ = words - 2;
  value_ = words - 1;
  TableReader table(memory_, located->first, located->count, words);
  if (!values->IsNull()) return ReadSplit(table, located->count, *values);
  table_.emplace(table);
  return {};
}

Result<void> DictItems::ReadSplit(TableReader& keys, std::uint64_t entries, Address values) {
  if (entries > kMaxSplit) return Malformed(dict_, "a split dict with too many entries");
  TableReader table(memory_, values + layout_.dict.values, entries, 1);
  std::vector<DictItem> items;
  for (std::uint64_t i = 0; i < entries; ++i) {
    const auto key = keys.Next();
    if (!key) return key.error();
    const auto value = table.Next();
    if (!value) return value.error();
    items.push_back({Address((*key)[key_]), Address(**value)});
  }
  const auto keep = [this](const DictItem& item) {
    if (!item.key.IsNull() && !item.value.IsNull()) split_.push_back(item);
  };
  if (layout_.dict.order == ValuesOrder::kByKeys) {
    std::for_each(items.begin(), items.end(), keep);
    return {};
  }
  const auto order = ReadOrder(values);
  if (!order) return order.error();
  for (const std::uint8_t index : *order) {
    if (index < items.size()) keep(items[index]);
  }
  return {};
}

// Include/internal/pycore_dict.h, struct _dictvalues.
Result<std::vector<std::uint8_t>> DictItems::ReadOrder(Address values) const {
  const bool is_behind = layout_.dict.order == ValuesOrder::kBytesBehind;
  const auto head = memory_.ReadAs<std::array<std::uint8_t, 2>>(is_behind ? values : values - 2);
  if (!head) return head.error();
  const std::uint8_t count = is_behind ? (*head)[1] : (*head)[0];
  const std::uint64_t room = (*head)[0];
  std::vector<std::uint8_t> order(count);
  const Address first = is_behind ? values + layout_.dict.values + room * sizeof(Address)
                                  : values - (std::uint64_t{2} + count);
  if (auto read = memory_.Read(first, std::as_writable_bytes(std::span(order))); !read) {
    return read.error();
  }
  if (!is_behind) std::reverse(order.begin(), order.end());
  return order;
}

Result<std::optional<Address>> SetItems::Next() {
  if (!table_) {
    // PySetObject: fill, used, mask, table.
    const auto head = memory_.ReadAs<std::array<std::uint64_t, 4>>(set_ + layout_.pyobject.size);
    if (!head) return head.error();
    const auto [fill, used, mask, table] = *head;
    if (mask >= kMaxEntries) return Malformed(set_, "a set with too many entries");
    has_removed_ = fill != used;
    table_.emplace(memory_, Address(table), mask + 1, 2);
  }
  while (true) {
    const auto entry = table_->Next();
    if (!entry) return entry.error();
    if (*entry == nullptr) return std::optional<Address>();
    const Address key((*entry)[layout_.set.entry_key / sizeof(Address)]);
    const std::uint64_t hash = (*entry)[layout_.set.entry_hash / sizeof(Address)];
    constexpr auto kRemoved = ~std::uint64_t{0};  // no object has this hash
    if (key.IsNull() || hash == kRemoved || IsOldDummy(key, hash)) continue;
    return std::optional(key);
  }
}

// Objects/setobject.c of 2.7: it puts the str "<dummy key>" in its place, under the other's hash.
bool SetItems::IsOldDummy(Address key, std::uint64_t hash) const {
  if (!has_removed_ || layout_.unicode.ob_sval == kAbsent) return false;
  constexpr Offset kHash = 8;  // PyStringObject: ob_size, ob_shash
  const auto own_hash = memory_.ReadAs<std::uint64_t>(key + layout_.pyobject.size + kHash);
  const ObjectReader objects(memory_, layout_);
  const auto type = objects.TypeOf(key);
  if (!own_hash || *own_hash == hash || !type) return false;
  return objects.TypeName(*type).value_or("") == "str" &&
         objects.ReadString(key).value_or("") == "<dummy key>";
}

}  // namespace osprey
