#include "native/cached_names.h"

#include <gtest/gtest.h>

#include <random>

namespace osprey {
namespace {

const SymbolSource kSource{true, 42};
const std::vector<CachedNames::Named> kNames = {
    {0x10, {{"main", "/src/a.c", 7, false}}},
    {0x20, {{"main", "/src/a.c", 8, false}, {"inner", "/src/b.h", 3, true}}},
    {0x30, {{"", "", 0, false}}},
    {0xFFFFFFFFFFFFFFFF, {{std::string("odd\0\n\xff", 6), "", 4294967295, false}}}};

void ExpectSame(const std::vector<SourceFrame>& a, const std::vector<SourceFrame>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].function, b[i].function);
    EXPECT_EQ(a[i].file, b[i].file);
    EXPECT_EQ(a[i].line, b[i].line);
    EXPECT_EQ(a[i].is_inlined, b[i].is_inlined);
  }
}

TEST(NamesInACacheFile, AreReadAsTheyWereWritten) {
  const auto parsed = CachedNames::Parse(CachedNames::Write(kSource, kNames));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->source(), kSource);
  EXPECT_EQ(parsed->count(), kNames.size());
  for (const auto& [address, frames] : kNames) ExpectSame(parsed->Find({address}), frames);
  EXPECT_TRUE(parsed->Find({0x11}).empty());
  const auto all = parsed->All();
  ASSERT_EQ(all.size(), kNames.size());
  EXPECT_EQ(all[1].first, 0x20U);
  EXPECT_EQ(CachedNames::Write(kSource, all), CachedNames::Write(kSource, kNames));
}

TEST(NamesInACacheFile, MayBeNone) {
  const auto parsed = CachedNames::Parse(CachedNames::Write({}, {}));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->source(), SymbolSource{});
  EXPECT_TRUE(parsed->Find({0}).empty());
}

TEST(NamesInACacheFile, AreNotBelievedWhenAByteIsMissing) {
  const std::string bytes = CachedNames::Write(kSource, kNames);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(CachedNames::Parse(std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(CachedNames::Parse(bytes + "x"));
}

TEST(NamesInACacheFile, AreNotBelievedWhenABitIsAnother) {
  const std::string bytes = CachedNames::Write(kSource, kNames);
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string damaged = bytes;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(CachedNames::Parse(damaged)) << i;
  }
}

TEST(NamesInACacheFile, AreNotBelievedWhenAPageIsEmpty) {
  std::vector<CachedNames::Named> names;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    names.push_back({i, {{"function" + std::to_string(i), "file", 1, false}}});
  }
  std::string bytes = CachedNames::Write(kSource, names);
  ASSERT_TRUE(CachedNames::Parse(bytes));
  std::fill_n(bytes.begin() + 8192, 4096, '\0');
  EXPECT_FALSE(CachedNames::Parse(bytes));
}

TEST(NamesInACacheFile, OfAForgerAreNoDanger) {
  // With a checksum that is right, whatever the rest says.
  const std::string bytes = CachedNames::Write(kSource, kNames);
  std::minstd_rand random(1);
  for (int i = 0; i < 3000; ++i) {
    std::string forged = bytes;
    for (int k = 0; k < 3; ++k) {
      forged[12 + random() % (bytes.size() - 12)] = static_cast<char>(random() % 256);
    }
    CachedNames::Seal(forged);
    if (const auto parsed = CachedNames::Parse(forged)) {
      for (const auto& [address, frames] : parsed->All()) parsed->Find({address});
    }
  }
}

}  // namespace
}  // namespace osprey
