#include "osprey/python/objects.h"

#include <algorithm>
#include <cstring>

#include "python/dict_entries.h"
#include "python/unicode_state.h"
#include "python/utf8.h"

namespace osprey {
namespace {

constexpr std::uint64_t kMaxBytes = 1U << 20U;
constexpr std::uint64_t kMaxStringLength = 4096;  // longer names help nobody
constexpr std::size_t kMaxUtf8Bytes = 4;          // of one character
constexpr std::uint32_t kLastCodePoint = 0x10FFFF;
constexpr std::uint64_t kManagedDict = 1U << 4U;  // tp_flags, Include/object.h from 3.11 on
constexpr std::uint64_t kMaxObjectBytes = 65536;  // that stand before an instance's attributes
constexpr std::uint64_t kMaxDictEntries = 65536;  // sys.modules of the largest programs: thousands

Error Malformed(Address where, const char* what) {
  return Error{ErrorCode::kMalformed, 0, where, what};
}

// Characters of `width` bytes each; two surrogates that make a pair are one (2.7 on builds with 2).
std::string ToUtf8(std::span<const std::byte> characters, std::uint32_t width) {
  const std::size_t count = characters.size() / width;
  const auto at = [&](std::size_t i) {
    std::uint32_t code_point = 0;
    if (i < count) std::memcpy(&code_point, characters.data() + i * width, width);
    return code_point;
  };
  std::string text;
  text.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t code_point = at(i);
    const bool is_pair =
        width == 2 && (code_point & 0xFC00U) == 0xD800 && (at(i + 1) & 0xFC00U) == 0xDC00;
    if (is_pair) code_point = 0x10000 + ((code_point & 0x3FFU) << 10U) + (at(++i) & 0x3FFU);
    AppendUtf8(code_point, text);
  }
  return text;
}

}  // namespace

Result<Address> ObjectReader::TypeOf(Address object) const {
  return ReadPointer(object + layout_.pyobject.ob_type);
}

Result<std::string> ObjectReader::TypeName(Address type) const {
  const auto name = ReadPointer(type + layout_.type_object.tp_name);
  if (!name) return name.error();
  return ReadCString(memory_, *name, 200);
}

Result<StringText> ObjectReader::LocateText(Address object, std::uint64_t longest) const {
  const auto length = memory_.ReadAs<std::uint64_t>(object + layout_.unicode.length);
  if (!length) return length.error();
  if (*length > longest) return Malformed(object, "too long a str");
  if (layout_.unicode.ob_sval != kAbsent) return LocateOldText(object, *length);
  const auto state = memory_.ReadAs<std::uint32_t>(object + layout_.unicode.state);
  if (!state) return state.error();
  const auto [width, compact, ascii] = ParseUnicodeState(layout_, *state);
  if (width != 1 && width != 2 && width != 4) return Malformed(object, "not a str");
  Address data = object + (compact && ascii ? layout_.unicode.asciiobject_size
                                            : layout_.unicode.compactunicodeobject_size);
  if (!compact) {
    const auto pointer = ReadPointer(data);
    if (!pointer) return pointer.error();
    data = *pointer;
  }
  return StringText{data, *length, width};
}

// The text of a str of 2.7, which is bytes, or of a unicode object, which a name may be as well.
Result<StringText> ObjectReader::LocateOldText(Address object, std::uint64_t length) const {
  constexpr std::uint64_t kUnicodeSubclass = 1U << 28U;  // Include/object.h of 2.7
  const Address type = TypeOf(object).value_or(Address{});
  const auto flags = memory_.ReadAs<std::uint64_t>(type + layout_.type_object.tp_flags);
  if (!flags || (*flags & kUnicodeSubclass) == 0) {
    return StringText{object + layout_.unicode.ob_sval, length, 1};
  }
  const auto data = ReadPointer(object + layout_.unicode.str);
  if (!data) return data.error();
  // The build decides between 2 bytes and 4 (Py_UNICODE_SIZE). Two characters of 2 bytes are no
  // code point when read as one of 4; a single one is followed by zeros and is the same either way.
  const auto first = memory_.ReadAs<std::uint32_t>(*data);
  if (!first) return first.error();
  return StringText{*data, length, *first <= kLastCodePoint ? 4U : 2U};
}

Result<std::string> ObjectReader::ReadString(Address object) const {
  const auto located = LocateText(object);
  if (!located) return located.error();
  return ReadText(*located);
}

Result<std::string> ObjectReader::ReadText(const StringText& located) const {
  const std::uint64_t shown = std::min(located.length, kMaxStringLength);
  std::vector<std::byte> raw(shown * located.width);
  if (auto read = memory_.Read(located.address, raw); !read) return read.error();
  if (layout_.unicode.ob_sval != kAbsent && located.width == 1) {
    const std::string bytes(reinterpret_cast<const char*>(raw.data()), raw.size());
    const std::size_t valid = Utf8Length(bytes);
    const bool is_cut_inside = shown < located.length && bytes.size() - valid < kMaxUtf8Bytes;
    if (valid == bytes.size() || is_cut_inside) return bytes.substr(0, valid);
  }
  return ToUtf8(raw, located.width);
}

Result<std::vector<std::byte>> ObjectReader::ReadBytes(Address object) const {
  const auto size = memory_.ReadAs<std::uint64_t>(object + layout_.bytes.ob_size);
  if (!size) return size.error();
  if (*size > kMaxBytes) return Malformed(object, "bytes of more than 1 MiB");
  std::vector<std::byte> bytes(*size);
  if (auto read = memory_.Read(object + layout_.bytes.ob_sval, bytes); !read) return read.error();
  return bytes;
}

Result<std::uint64_t> ObjectReader::ReadInt(Address object) const {
  if (layout_.long_object.ob_ival != kAbsent) {
    return memory_.ReadAs<std::uint64_t>(object + layout_.long_object.ob_ival);
  }
  const auto size_word = memory_.ReadAs<std::uint64_t>(object + layout_.long_object.ob_size);
  if (!size_word) return size_word.error();
  constexpr std::uint64_t kSignMask = 3;  // lv_tag: 0 positive, 1 zero, 2 negative
  if (layout_.long_object.tagged && (*size_word & kSignMask) > 1) {
    return Malformed(object, "a negative int");
  }
  const std::uint64_t digits = layout_.long_object.tagged ? *size_word >> 3U : *size_word;
  if (digits > 3) return Malformed(object, "an int of more than 64 bits");
  std::uint32_t digit[3] = {};
  auto read = memory_.Read(object + layout_.long_object.ob_digit,
                           std::as_writable_bytes(std::span(digit)).first(digits * 4));
  if (!read) return read.error();
  return std::uint64_t{digit[0]} | std::uint64_t{digit[1]} << 30U | std::uint64_t{digit[2]} << 60U;
}

Result<void> ObjectReader::VisitDict(Address dict, const DictVisitor& visit) const {
  if (layout_.dict.ma_table != kAbsent) return VisitTable(dict, visit);
  const auto keys = ReadPointer(dict + layout_.dict.ma_keys);
  if (!keys) return keys.error();
  const auto values = ReadPointer(dict + layout_.dict.ma_values);
  if (!values) return values.error();
  return VisitKeys(*keys, values->IsNull() ? Address{} : *values + layout_.dict.values, visit);
}

Result<void> ObjectReader::VisitTable(Address dict, const DictVisitor& visit) const {
  const auto mask = memory_.ReadAs<std::uint64_t>(dict + layout_.dict.ma_mask);
  if (!mask) return mask.error();
  if (*mask >= 4 * kMaxDictEntries) return Malformed(dict, "a dict with too many entries");
  const auto start = ReadPointer(dict + layout_.dict.ma_table);
  if (!start) return start.error();
  // PyDictEntry (Include/dictobject.h of 2.7): hash, key, value.
  std::vector<Address> table((*mask + 1) * 3);
  auto read = memory_.Read(*start, std::as_writable_bytes(std::span(table)));
  if (!read) return read.error();
  for (std::size_t i = 0; i < table.size(); i += 3) {
    if (table[i + 1].IsNull() || table[i + 2].IsNull()) continue;
    if (!visit(table[i + 1], table[i + 2])) break;
  }
  return {};
}

Result<std::vector<ObjectReader::DictEntry>> ObjectReader::ReadEntries(Address keys) const {
  const auto located = LocateDictEntries(memory_, layout_, keys);
  if (!located) return located.error();
  const auto [first, count, has_hash] = *located;
  if (count > kMaxDictEntries) return Malformed(keys, "a dict with too many entries");
  const std::size_t words = has_hash ? 3 : 2;
  std::vector<Address> table(count * words);
  auto read = memory_.Read(first, std::as_writable_bytes(std::span(table)));
  if (!read) return read.error();
  std::vector<DictEntry> found(count);
  for (std::size_t i = 0; i < count; ++i) {
    found[i] = {table[i * words + (has_hash ? 1 : 0)], table[i * words + words - 1]};
  }
  return found;
}

// `values` is the first value of a split table, or null where the entries hold their values.
Result<void> ObjectReader::VisitKeys(Address keys, Address values, const DictVisitor& visit) const {
  const auto entries = ReadEntries(keys);
  if (!entries) return entries.error();
  std::vector<Address> split(values.IsNull() ? 0 : entries->size());
  if (!split.empty()) {
    auto read = memory_.Read(values, std::as_writable_bytes(std::span(split)));
    if (!read) return read.error();
  }
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const Address key = (*entries)[i].key;
    const Address value = split.empty() ? (*entries)[i].value : split[i];
    if (key.IsNull() || value.IsNull()) continue;
    if (!visit(key, value)) break;
  }
  return {};
}

Result<std::size_t> ObjectReader::SharedKeyIndex(Address type, std::string_view name) const {
  const auto keys = ReadPointer(type + layout_.type_object.ht_cached_keys);
  if (!keys) return keys.error();
  const auto entries = ReadEntries(*keys);
  if (!entries) return entries.error();
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const auto text = ReadString((*entries)[i].key);
    if (text && *text == name) return i;
  }
  return Error{ErrorCode::kNotFound, 0, type, "no such key among those that instances share"};
}

Result<Address> ObjectReader::DictGet(Address dict, std::string_view key) const {
  Address found;
  auto visited = VisitDict(dict, [&](Address k, Address value) {
    const auto text = ReadString(k);
    if (text && *text == key) found = value;
    return found.IsNull();
  });
  if (!visited) return visited.error();
  if (found.IsNull()) return Error{ErrorCode::kNotFound, 0, dict, "no such key in a dict"};
  return found;
}

bool ObjectReader::KeepsAttributes(Address type) const {
  if (layout_.instance_dict == InstanceDict::kDictOffset) return true;  // GetAttribute finds out
  const auto flags = memory_.ReadAs<std::uint64_t>(type + layout_.type_object.tp_flags);
  return flags && (*flags & kManagedDict) != 0;
}

Result<Address> ObjectReader::LocateDictPointer(Address object, Address type) const {
  const auto& offsets = layout_.type_object;
  const auto offset = memory_.ReadAs<std::int64_t>(type + offsets.tp_dictoffset);
  if (!offset) return offset.error();
  std::uint64_t place = static_cast<std::uint64_t>(*offset);
  if (place == 0 && layout_.repr.python2 && TypeName(type).value_or("") == "instance") {
    place = layout_.pyobject.size + sizeof(Address);  // PyInstanceObject: in_class, in_dict
  }
  if (*offset < 0) {  // from the object's end (Objects/object.c, _PyObject_GetDictPtr)
    const auto basic = memory_.ReadAs<std::uint64_t>(type + offsets.tp_basicsize);
    const auto item = memory_.ReadAs<std::uint64_t>(type + offsets.tp_itemsize);
    const auto count = memory_.ReadAs<std::int64_t>(object + layout_.pyobject.size);
    if (!basic || !item || !count) return Malformed(object, "an object without __dict__");
    const std::uint64_t items =
        *count < 0 ? 0 - static_cast<std::uint64_t>(*count) : static_cast<std::uint64_t>(*count);
    if (items > kMaxObjectBytes || *item > kMaxObjectBytes) {
      return Malformed(object, "too large an object with __dict__");
    }
    place += (*basic + items * *item + 7) / 8 * 8;
  }
  if (place == 0 || place > kMaxObjectBytes) return Malformed(object, "an object without __dict__");
  return object + place;
}

Result<ObjectReader::Attributes> ObjectReader::LocateAttributes(Address object) const {
  const auto type = TypeOf(object);
  if (!type) return type.error();
  Attributes found;
  const bool is_old = layout_.instance_dict == InstanceDict::kDictOffset;
  const auto flags = is_old ? Result<std::uint64_t>(std::uint64_t{0})
                            : memory_.ReadAs<std::uint64_t>(*type + layout_.type_object.tp_flags);
  if (flags && (*flags & kManagedDict) == 0) {
    const auto at = LocateDictPointer(object, *type);
    if (!at) return at.error();
    const auto pointer = ReadPointer(*at);
    if (!pointer) return pointer.error();
    found.dict = *pointer;
    return found;
  }
  const auto word = ReadPointer(object - layout_.dict_before);
  if (!word) return word.error();
  switch (layout_.instance_dict) {
    case InstanceDict::kValuesBefore: {
      const auto pointer = ReadPointer(object - 32);
      if (!pointer) return pointer.error();
      found.values = *pointer;
      found.dict = *word;
      break;
    }
    case InstanceDict::kTaggedBefore:
      if ((word->value & 1U) != 0) {
        found.values = *word + 1;
      } else {
        found.dict = *word;
      }
      break;
    default: {
      found.dict = *word;
      if (!found.dict.IsNull()) break;
      const auto size = memory_.ReadAs<std::uint64_t>(*type + layout_.type_object.tp_basicsize);
      if (!size) return size.error();
      if (*size > kMaxObjectBytes) return Malformed(object, "an object of more than 64 KiB");
      found.values = object + *size;
    }
  }
  if (!found.dict.IsNull() || found.values.IsNull()) return found;
  const auto keys = ReadPointer(*type + layout_.type_object.ht_cached_keys);
  if (!keys) return keys.error();
  found.keys = *keys;
  return found;
}

Result<void> ObjectReader::VisitAttributes(Address object, const DictVisitor& visit) const {
  const auto located = LocateAttributes(object);
  if (!located) return located.error();
  if (!located->dict.IsNull()) return VisitDict(located->dict, visit);
  if (located->values.IsNull()) return {};
  return VisitKeys(located->keys, located->values + layout_.dict.values, visit);
}

Result<Address> ObjectReader::GetAttribute(Address object, std::string_view name) const {
  Address found;
  auto visited = VisitAttributes(object, [&](Address key, Address value) {
    const auto text = ReadString(key);
    if (text && *text == name) found = value;
    return found.IsNull();
  });
  if (!visited) return visited.error();
  if (found.IsNull()) return Error{ErrorCode::kNotFound, 0, object, "no such attribute"};
  return found;
}

}  // namespace osprey
