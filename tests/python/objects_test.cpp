#include "osprey/python/objects.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>

#include "python/bytes.h"

namespace osprey {
namespace {

class Objects : public testing::TestWithParam<Version> {
 protected:
  const Layout& layout_ = *FindLayout(GetParam());
  SnapshotMemory memory_;
  ObjectReader reader_{memory_, layout_};

  // A compact str of `kind` bytes per code point.
  void PutWide(Address at, std::uint32_t kind, std::initializer_list<std::uint32_t> text) {
    Bytes bytes(layout_.unicode.compactunicodeobject_size + kind * text.size() + 4);
    bytes.Set(layout_.unicode.length, std::uint64_t{text.size()});
    bytes.Set(layout_.unicode.state, (kind | 8U) << layout_.unicode.kind_bit);
    Offset place = layout_.unicode.compactunicodeobject_size;
    for (const std::uint32_t c : text) {
      bytes.Set(place, c);  // little endian: what lies beyond `kind` bytes is overwritten next
      place += kind;
    }
    memory_.Put(at, bytes.get());
  }
};

class UnicodeObjects : public Objects {};
class ByteStringObjects : public Objects {};  // 2.7

TEST_P(Objects, ReadsPlainStrings) {
  PutString(memory_, layout_, Address(0x1000), "plain");
  EXPECT_EQ(*reader_.ReadString(Address(0x1000)), "plain");
}

TEST_P(UnicodeObjects, ReadsStringsOfEveryKind) {
  PutWide(Address(0x2000), 1, {'g', 'r', 0xF6, 0xDF});
  PutWide(Address(0x3000), 2, {0x20AC, 0xD800});
  PutWide(Address(0x4000), 4, {0x1F985});
  EXPECT_EQ(*reader_.ReadString(Address(0x2000)), "gr\u00f6\u00df");
  EXPECT_EQ(*reader_.ReadString(Address(0x3000)), "\u20ac\ufffd");
  EXPECT_EQ(*reader_.ReadString(Address(0x4000)), "\U0001F985");
}

TEST_P(ByteStringObjects, AreUtf8) {
  const std::string all_sizes = "\u00fcn\u00ef \u20ac \U0001F985";
  PutString(memory_, layout_, Address(0x1000), all_sizes);
  EXPECT_EQ(*reader_.ReadString(Address(0x1000)), all_sizes);
  // 4096 bytes are shown; the last of them is the first of a character.
  const std::string long_one(4095, 'x');
  PutString(memory_, layout_, Address(0x10000), long_one + "\u20ac and more");
  EXPECT_EQ(*reader_.ReadString(Address(0x10000)), long_one);
}

TEST_P(ByteStringObjects, AreLatin1WhereTheyAreNoUtf8) {
  const std::pair<std::string, std::string> texts[] = {
      {"gr\xF6\xDF", "gr\u00f6\u00df"},
      {"\xC3", "\u00c3"},  // not whole
      {"\xC3\xA4\x80", "\u00c3\u00a4\u0080"},
      {"\xC0\xAF", "\u00c0\u00af"},            // longer than need be
      {"\xED\xA0\x80", "\u00ed\u00a0\u0080"},  // a surrogate
      {"\xF5\x80\x80\x80", "\u00f5\u0080\u0080\u0080"},
  };
  Address at(0x1000);
  for (const auto& [bytes, expected] : texts) {
    PutString(memory_, layout_, at, bytes);
    EXPECT_EQ(*reader_.ReadString(at), expected);
    at = at + 0x1000;
  }
}

TEST_P(ByteStringObjects, RefuseImpossibleSizes) {
  memory_.Put(Address(0x2000), Bytes(64).Set(layout_.unicode.length, ~std::uint64_t{0}).get());
  EXPECT_FALSE(reader_.ReadString(Address(0x2000)));
}

TEST_P(ByteStringObjects, MayBeUnicodeObjects) {
  const Address type(0x9000);
  memory_.Put(type, Bytes(512).Set(layout_.type_object.tp_flags, std::uint64_t{1U << 28U}).get());
  const auto put = [&](Address at, std::uint64_t length, const auto& characters) {
    Bytes text(sizeof characters);
    memory_.Put(at + 0x800, text.Set(0, characters).get());
    memory_.Put(at, Bytes(64)
                        .Set(layout_.pyobject.ob_type, type)
                        .Set(layout_.unicode.length, length)
                        .Set(layout_.unicode.str, at + 0x800)
                        .get());
    return reader_.ReadString(at).value_or("cannot be read");
  };
  using Narrow = std::array<std::uint16_t, 4>;
  using Wide = std::array<std::uint32_t, 3>;
  EXPECT_EQ(put(Address(0x1000), 3, Narrow{'t', 0xFC, 0x20AC}), "t\u00fc\u20ac");
  EXPECT_EQ(put(Address(0x2000), 3, Narrow{'t', 0xD83E, 0xDD85}), "t\U0001F985");
  EXPECT_EQ(put(Address(0x3000), 2, Narrow{0xD83E, 't'}), "\ufffdt");
  EXPECT_EQ(put(Address(0x4000), 2, Wide{0xFC, 0x1F985}), "\u00fc\U0001F985");
  EXPECT_EQ(put(Address(0x5000), 1, Narrow{0xFC}), "\u00fc");
  EXPECT_EQ(put(Address(0x6000), 1, Wide{0x1F985}), "\U0001F985");
  EXPECT_EQ(put(Address(0x7000), 0, Narrow{}), "");
}

TEST_P(ByteStringObjects, LieInTheTableOfADict) {
  const Address table(0x4000);
  PutString(memory_, layout_, Address(0x1000), "one");
  PutString(memory_, layout_, Address(0x2000), "two");
  memory_.Put(Address(0x3000), Bytes(64)
                                   .Set(layout_.dict.ma_mask, std::uint64_t{7})
                                   .Set(layout_.dict.ma_table, table)
                                   .get());
  Bytes entries(8 * 24);
  entries.Set(2 * 24 + 8, Address(0x1000)).Set(2 * 24 + 16, Address(0x5000));
  entries.Set(3 * 24 + 8, Address(0x2000));  // deleted: it has no value
  memory_.Put(table, entries.get());
  EXPECT_EQ(*reader_.DictGet(Address(0x3000), "one"), Address(0x5000));
  EXPECT_FALSE(reader_.DictGet(Address(0x3000), "two"));
}

TEST_P(UnicodeObjects, RefusesImpossibleSizes) {
  memory_.Put(Address(0x1000), Bytes(128)
                                   .Set(layout_.unicode.length, ~std::uint64_t{0})
                                   .Set(layout_.unicode.state, std::uint32_t{1U << 2U | 96U})
                                   .get());
  EXPECT_FALSE(reader_.ReadString(Address(0x1000)));
  memory_.Put(Address(0x2000), Bytes(64).Set(layout_.bytes.ob_size, ~std::uint64_t{0}).get());
  EXPECT_FALSE(reader_.ReadBytes(Address(0x2000)));
  memory_.Put(Address(0x3000), Bytes(64)
                                   .Set(layout_.dict.ma_keys, Address(0x4000))
                                   .Set(layout_.dict.ma_values, Address(0))
                                   .get());
  memory_.Put(Address(0x4000), Bytes(64).Set(layout_.dict.dk_nentries, ~std::uint64_t{0}).get());
  EXPECT_FALSE(reader_.VisitDict(Address(0x3000), [](Address, Address) { return true; }));
  EXPECT_FALSE(reader_.ReadString(Address(0x9999)));
}

constexpr auto kHasByteStrings = [](const Layout& l) { return l.unicode.ob_sval != kAbsent; };

INSTANTIATE_TEST_SUITE_P(Versions, ByteStringObjects, testing::ValuesIn(Versions(kHasByteStrings)),
                         VersionName);
INSTANTIATE_TEST_SUITE_P(Versions, UnicodeObjects, testing::ValuesIn(Versions([](const Layout& l) {
                           return !kHasByteStrings(l);
                         })),
                         VersionName);
INSTANTIATE_TEST_SUITE_P(Versions, Objects, testing::ValuesIn(AllVersions()), VersionName);

}  // namespace
}  // namespace osprey
