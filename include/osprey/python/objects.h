// Reads CPython's own objects out of the target: strings, ints, dicts, attributes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "osprey/base/result.h"
#include "osprey/python/layout.h"
#include "osprey/target/memory.h"

namespace osprey {

// Where the characters of a str lie.
struct StringText {
  Address address;
  std::uint64_t length;  // characters
  std::uint32_t width;   // bytes of each: 1, 2 or 4
};

// Every size that the target claims is checked against a bound before anything is allocated;
// what does not hold is kMalformed.
class ObjectReader {
 public:
  ObjectReader(const Memory& memory, const Layout& layout) : memory_(memory), layout_(layout) {}

  // The object's type.
  Result<Address> TypeOf(Address object) const;
  // A type's tp_name, at most 200 bytes of it.
  Result<std::string> TypeName(Address type) const;
  // kMalformed for a str of more than `longest` characters.
  Result<StringText> LocateText(Address object, std::uint64_t longest = 1U << 20U) const;
  // A str as UTF-8; lone surrogates become U+FFFD, more than 4096 code points are cut. The bytes of
  // a str of 2.7 are taken for UTF-8 where they are that, else for Latin-1.
  Result<std::string> ReadString(Address object) const;
  // The same of one that was located.
  Result<std::string> ReadText(const StringText& located) const;
  // A bytes object of at most 1 MiB (the longest line table of the standard library has 21 KB).
  Result<std::vector<std::byte>> ReadBytes(Address object) const;
  // A non-negative int below 2**64.
  Result<std::uint64_t> ReadInt(Address object) const;

  using DictVisitor = std::function<bool(Address key, Address value)>;  // false stops
  // Every (key, value) of a dict, at most 65536 entries.
  Result<void> VisitDict(Address dict, const DictVisitor& visit) const;
  // The value of a str key.
  Result<Address> DictGet(Address dict, std::string_view key) const;
  // Whether instances of `type` have attributes of their own that GetAttribute may look for: those
  // of classes written in C mostly have not.
  bool KeepsAttributes(Address type) const;
  // Every (name, value) in the instance's own dict or inline values; kNotFound where it has none.
  Result<void> VisitAttributes(Address object, const DictVisitor& visit) const;
  // An attribute of these.
  Result<Address> GetAttribute(Address object, std::string_view name) const;
  // Which of the values of an instance of `type` is the attribute `name`, where it has no dict of
  // its own.
  Result<std::size_t> SharedKeyIndex(Address type, std::string_view name) const;

 private:
  struct DictEntry {
    Address key, value;
  };
  // Where an instance keeps its attributes: in a dict, or as values whose keys its type has.
  struct Attributes {
    Address dict, keys, values;
  };
  Result<Attributes> LocateAttributes(Address object) const;
  Result<Address> LocateDictPointer(Address object, Address type) const;
  Result<StringText> LocateOldText(Address object, std::uint64_t length) const;
  // Of a dict's keys, those that are null too.
  Result<std::vector<DictEntry>> ReadEntries(Address keys) const;
  Result<void> VisitTable(Address dict, const DictVisitor& visit) const;
  Result<void> VisitKeys(Address keys, Address values, const DictVisitor& visit) const;
  Result<Address> ReadPointer(Address at) const { return memory_.ReadAs<Address>(at); }

  const Memory& memory_;
  const Layout& layout_;
};

}  // namespace osprey
