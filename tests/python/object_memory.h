// Hand-made objects of the target, of every version: types, numbers, strings and containers.
#pragma once

#include <bit>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "python/bytes.h"

namespace osprey {

class ObjectMemory {
 public:
  static constexpr std::uint64_t kHeapType = std::uint64_t{1} << 9U;  // tp_flags
  static constexpr std::uint64_t kDictSubclass = std::uint64_t{1} << 29U;
  static constexpr std::uint64_t kTypeSubclass = std::uint64_t{1} << 31U;

  explicit ObjectMemory(const Layout& layout) : layout_(layout) {}

  const SnapshotMemory& memory() const { return memory_; }
  bool is_python2() const { return layout_.unicode.ob_sval != kAbsent; }

  // Where the next object will lie that takes so many bytes.
  Address Reserve(std::size_t size) {
    const Address at = next_;
    next_ = next_ + (size + 64) / 16 * 16;
    return at;
  }
  Address PutAt(Address at, const Bytes& bytes) {
    memory_.Put(at, bytes.get());
    return at;
  }
  Address Put(const Bytes& bytes) { return PutAt(Reserve(bytes.get().size()), bytes); }

  Address Text(std::string_view text) {
    Bytes bytes(256);  // names are read in one piece of up to 200 bytes
    for (Offset i = 0; i < text.size() && i < 255; ++i) bytes.Set(i, text[i]);
    return Put(bytes);
  }
  // A static type, the same every time.
  Address Type(const std::string& name, std::uint64_t flags = 0, std::uint64_t basicsize = 0) {
    const auto found = types_.find(name);
    if (found != types_.end()) return found->second;
    if (name != "type") Type("type", kTypeSubclass);
    const Address at = Reserve(kTypeBytes);
    types_[name] = at;
    return PutAt(at, TypeBytes(name, flags, basicsize).Set(layout_.type_object.tp_repr, at));
  }
  // A class that derives from a static type, for Object and Head by its name.
  Address DerivedType(const std::string& name, const std::string& base, bool has_own_repr) {
    const Address base_at = Type(base);
    const Address at = Reserve(kTypeBytes);
    types_[name] = at;
    return PutAt(at, TypeBytes(name, kHeapType, 0)
                         .Set(layout_.type_object.tp_base, base_at)
                         .Set(layout_.type_object.tp_repr, has_own_repr ? at : base_at));
  }
  Bytes TypeBytes(const std::string& name, std::uint64_t flags, std::uint64_t basicsize) {
    Bytes bytes(kTypeBytes);
    bytes.Set(layout_.pyobject.ob_type, types_.at("type"))
        .Set(layout_.type_object.tp_name, Text(name))
        .Set(layout_.type_object.tp_flags, flags)
        .Set(layout_.type_object.tp_basicsize, basicsize);
    return bytes;
  }
  // The head of an object, and `size` bytes behind it.
  Bytes Head(const std::string& type, std::size_t size) {
    Bytes bytes(layout_.pyobject.size + size);
    bytes.Set(layout_.pyobject.ob_type, Type(type));
    return bytes;
  }
  // Words behind an object's head.
  Address Object(const std::string& type, const std::vector<std::uint64_t>& words) {
    Bytes bytes = Head(type, words.size() * 8);
    for (std::size_t i = 0; i < words.size(); ++i) bytes.Set(Member(i), words[i]);
    return Put(bytes);
  }
  Offset Member(std::size_t index) const {
    return layout_.pyobject.size + static_cast<Offset>(index * 8);
  }

  // The size as an int claims it.
  std::uint64_t IntSize(std::uint64_t digits, bool is_negative) const {
    if (layout_.long_object.tagged)
      return digits << 3U | (digits == 0 ? 1U : is_negative ? 2U : 0U);
    return is_negative ? 0 - digits : digits;
  }
  // Of those digits, of 30 bits, with another number of them claimed: `long` in 2.7.
  Address IntOf(const std::vector<std::uint32_t>& digits, std::uint64_t size) {
    Bytes bytes = Head(is_python2() ? "long" : "int", 8 + digits.size() * 4);
    bytes.Set(layout_.long_object.ob_size, size);
    for (std::size_t i = 0; i < digits.size(); ++i) {
      bytes.Set(layout_.long_object.ob_digit + static_cast<Offset>(i * 4), digits[i]);
    }
    return Put(bytes);
  }
  Address Int(std::uint32_t value) {
    if (layout_.long_object.ob_ival != kAbsent) return Object("int", {value});
    return IntOf({value}, IntSize(value == 0 ? 0 : 1, false));
  }
  Address Float(double value) { return Object("float", {std::bit_cast<std::uint64_t>(value)}); }
  Address None() { return Object("NoneType", {}); }

  Address Str(std::string_view text) {
    const Address at = Reserve(layout_.pyobject.size + 128 + text.size());
    SnapshotMemory bytes;
    PutString(bytes, layout_, at, text);
    Bytes object(bytes.total_bytes());
    std::memcpy(object.data(), bytes.View(0), bytes.total_bytes());
    object.Set(layout_.pyobject.ob_type, Type("str"));
    return PutAt(at, object);
  }

  Address Items(const std::vector<Address>& items) {
    Bytes bytes(items.size() * 8 + 8);
    for (std::size_t i = 0; i < items.size(); ++i) bytes.Set(static_cast<Offset>(i * 8), items[i]);
    return Put(bytes);
  }
  Address List(const std::vector<Address>& items) {
    return Object("list", {items.size(), Items(items).value});
  }
  Bytes TupleBytes(const std::vector<Address>& items, std::uint64_t size) {
    Bytes bytes = Head("tuple", 24 + items.size() * 8);
    bytes.Set(layout_.pyobject.size, size);
    for (std::size_t i = 0; i < items.size(); ++i) {
      bytes.Set(layout_.tuple.ob_item + static_cast<Offset>(i * 8), items[i]);
    }
    return bytes;
  }
  Address Tuple(const std::vector<Address>& items) { return Put(TupleBytes(items, items.size())); }

  // With entries of hash, key and value; `claimed` is how many it says that it has.
  Address Dict(const std::vector<std::pair<Address, Address>>& items, std::uint64_t claimed,
               const std::string& type = "dict") {
    constexpr std::uint64_t kLog2Size = 5;
    constexpr std::uint64_t kSize = 1U << kLog2Size;
    const auto& d = layout_.dict;
    const bool is_table = d.ma_table != kAbsent;
    const Offset first = is_table ? 0 : d.dk_indices + Offset{kSize};
    Bytes table(first + kSize * 24);
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto at = first + static_cast<Offset>(i * 24);
      table.Set(at + 8, items[i].first).Set(at + 16, items[i].second);
    }
    Bytes dict = Head(type, 64);
    if (is_table) {
      dict.Set(d.ma_mask, claimed <= kSize ? kSize - 1 : claimed - 1).Set(d.ma_table, Put(table));
      return Put(dict);
    }
    table.Set(d.dk_nentries, claimed);
    if (d.log2_sizes) {
      table.Set(d.dk_log2_size, std::uint8_t{kLog2Size});
      table.Set(d.dk_log2_index_bytes, std::uint8_t{kLog2Size});
    } else {
      table.Set(d.dk_log2_size, kSize);
    }
    dict.Set(d.ma_keys, Put(table)).Set(d.ma_values, Address{});
    return Put(dict);
  }
  Address Dict(const std::vector<std::pair<Address, Address>>& items) {
    return Dict(items, items.size());
  }

  // fill, used, mask, table; `keys` are the first entries.
  Address Set(const std::string& type, const std::vector<Address>& keys, std::uint64_t mask) {
    Bytes table(32 * 16);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto at = static_cast<Offset>(i * 16);
      table.Set(at + layout_.set.entry_key, keys[i]);
      table.Set(at + layout_.set.entry_hash, std::uint64_t{i + 1});
    }
    return Object(type, {keys.size(), keys.size(), mask, Put(table).value});
  }

 private:
  static constexpr std::size_t kTypeBytes = 1024;

  const Layout& layout_;
  SnapshotMemory memory_;
  Address next_{0x10000};
  std::map<std::string, Address> types_;
};

}  // namespace osprey
