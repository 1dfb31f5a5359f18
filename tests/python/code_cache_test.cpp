#include "osprey/python/code_cache.h"

#include <gtest/gtest.h>

#include <array>

#include "python/bytes.h"

namespace osprey {
namespace {

constexpr Address kType(0x100000);
constexpr Address kCode(0x200000);
constexpr Address kFile = kCode + 0x800;
constexpr Address kName = kCode + 0x900;
constexpr Address kTable = kCode + 0xA00;
constexpr Address kBytecode = kCode + 0xB00;
constexpr std::uint64_t kUnits = 20;

class Codes : public testing::TestWithParam<Version> {
 protected:
  Codes() { PutCode("first", 10, kUnits); }

  // In place of what was there.
  void PutCode(const char* name, std::int32_t first_line, std::uint64_t units, Address type = kType,
               std::uint64_t marked_unit = 0, std::uint8_t mark = 0, std::uint32_t version = 0) {
    memory_.Clear();
    PutType(memory_, layout_, kType, "code");
    PutType(memory_, layout_, kType + 0x10000, "list");
    const auto& c = layout_.code_object;
    Bytes bytes(c.size + 64);
    bytes.Set(layout_.pyobject.ob_type, type).Set(c.filename, kFile).Set(c.name, kName);
    if (c.qualname != kAbsent) bytes.Set(c.qualname, kName);
    bytes.Set(c.linetable, kTable).Set(c.firstlineno, first_line);
    if (c.version != kAbsent) bytes.Set(c.version, version);
    if (layout_.frame_chain == FrameChain::kFrameObjects) {
      bytes.Set(c.code_adaptive, kBytecode);
    } else {
      bytes.Set(layout_.pyobject.size, units);
      if (c.framesize != kAbsent) bytes.Set(c.framesize, std::uint32_t{20});
      bytes.Set(static_cast<Offset>(c.code_adaptive + marked_unit * 2), mark);
    }
    memory_.Put(kCode, bytes.get());
    PutString(memory_, layout_, kFile, "file.py");
    PutString(memory_, layout_, kName, name);
    PutBytes(memory_, layout_, kTable, 0);
    memory_.Put(kBytecode,
                Bytes(layout_.bytes.ob_sval + 8).Set(layout_.bytes.ob_size, units * 2).get());
  }

  std::string NameOf(const CodeObject& code) const {
    return std::string(stacks_.strings().Get(code.function));
  }

  const Layout& layout_ = *FindLayout(GetParam());
  SnapshotMemory memory_;
  StackTable stacks_;
  CodeCache codes_{memory_, layout_, stacks_};
};

class CodesWithVersions : public Codes {};  // no two of which are the same

TEST_P(Codes, TellWhereAFrameLeaves) {
  if (layout_.frame_chain == FrameChain::kFrameObjects) {
    EXPECT_TRUE(codes_.Get(kCode)->places.empty());
    return;
  }
  const bool knows_calls = layout_.opcode.calls[0] != 0;
  constexpr std::uint64_t kUnit = 5;
  const auto mark = knows_calls ? layout_.opcode.calls[1] : layout_.opcode.leaves[1];
  ASSERT_NE(mark, 0);
  PutCode("first", 10, kUnits, kType, kUnit, mark);
  const CodeObject* code = codes_.Get(kCode);
  ASSERT_NE(code, nullptr);
  const std::uint64_t stands = kUnit + (knows_calls ? layout_.opcode.call_cache_units : 0U);
  for (std::uint64_t i = 1; i < kUnits; ++i) {
    EXPECT_EQ(code->PlaceAt(static_cast<std::int64_t>(i) * 2) == CodePlace::kLeaves,
              (i == stands) != knows_calls)
        << i;
  }
  EXPECT_FALSE(code->PlaceAt(0) == CodePlace::kLeaves);
  EXPECT_FALSE(code->PlaceAt(-2) == CodePlace::kLeaves);
}

TEST_P(Codes, AreReadOnce) {
  CodeObject* code = codes_.Get(kCode);
  ASSERT_NE(code, nullptr);
  EXPECT_EQ(NameOf(*code), "first");
  EXPECT_EQ(code->code_bytes, kUnits * 2);
  memory_.Clear();
  EXPECT_EQ(codes_.Get(kCode), code);
  EXPECT_EQ(codes_.size(), 1U);
}

TEST_P(Codes, WhatIsNoCodeObjectIsNotTakenForOne) {
  EXPECT_EQ(codes_.Get(Address()), nullptr);
  EXPECT_EQ(codes_.Get(kCode + 1), nullptr);
  EXPECT_EQ(codes_.Get(Address(0x900000)), nullptr);
  PutCode("list", 1, kUnits, kType + 0x10000);
  EXPECT_EQ(codes_.Get(kCode), nullptr);
}

TEST_P(Codes, ImpossibleSizesAreRefused) {
  PutCode("large", 1, std::uint64_t{1} << 40U);
  EXPECT_EQ(codes_.Get(kCode), nullptr);
}

TEST_P(Codes, OffsetsBeyondTheBytecodeStandOnTheFirstLine) {
  CodeObject* code = codes_.Get(kCode);
  ASSERT_NE(code, nullptr);
  const FrameId start = codes_.FrameOf(*code, -1);
  EXPECT_EQ(codes_.FrameOf(*code, 1'000'000), start);
  EXPECT_EQ(codes_.FrameOf(*code, INT64_MAX), start);
  EXPECT_EQ(codes_.FrameOf(*code, INT64_MIN), start);
}

TEST_P(Codes, AnotherInTheSamePlaceIsNoticed) {
  CodeObject* code = codes_.Get(kCode);
  ASSERT_NE(code, nullptr);
  const std::array<CodeObject*, 1> all = {code};
  EXPECT_TRUE(codes_.Recheck(all, TimePoint{}));
  EXPECT_EQ(NameOf(*code), "first");
  PutCode("other", 10, kUnits);  // all but its characters is as it was
  EXPECT_FALSE(codes_.Recheck(all, TimePoint{}));
  EXPECT_EQ(NameOf(*code), "other");
  PutCode("other", 11, kUnits);
  EXPECT_FALSE(codes_.Recheck(all, TimePoint{}));
  EXPECT_EQ(code->fingerprint.first_line, 11);
}

TEST_P(CodesWithVersions, TellByThemThatTheyAreTheSame) {
  PutCode("first", 10, kUnits, kType, 0, 0, 7);
  CodeObject* code = codes_.Get(kCode);
  ASSERT_NE(code, nullptr);
  const std::array<CodeObject*, 1> all = {code};
  PutCode("freed", 10, kUnits, kType, 0, 0, 7);  // its name's characters are something else by now
  EXPECT_TRUE(codes_.Recheck(all, TimePoint{}));
  EXPECT_EQ(NameOf(*code), "first");
  PutCode("other", 10, kUnits, kType, 0, 0, 8);
  EXPECT_FALSE(codes_.Recheck(all, TimePoint{}));
  EXPECT_EQ(NameOf(*code), "other");
  EXPECT_EQ(codes_.torn(), 0U);
}

TEST_P(Codes, WhatCannotBeReadAnyMoreKeepsItsName) {
  CodeObject* code = codes_.Get(kCode);
  ASSERT_NE(code, nullptr);
  memory_.Clear();
  EXPECT_TRUE(codes_.Recheck(std::array<CodeObject*, 1>{code}, TimePoint{}));
  EXPECT_EQ(NameOf(*code), "first");
}

INSTANTIATE_TEST_SUITE_P(Versions, Codes, testing::ValuesIn(AllVersions()), VersionName);
INSTANTIATE_TEST_SUITE_P(Versions, CodesWithVersions,
                         testing::ValuesIn(Versions([](const Layout& l) {
                           return l.code_object.version != kAbsent;
                         })),
                         VersionName);

}  // namespace
}  // namespace osprey
