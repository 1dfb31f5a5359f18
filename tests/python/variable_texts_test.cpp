#include "osprey/python/variable_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "python/object_memory.h"

namespace osprey {
namespace {

using std::chrono::milliseconds;

class CountingMemory : public Memory {
 public:
  explicit CountingMemory(const Memory& memory) : memory_(memory) {}
  Result<void> Read(Address from, std::span<std::byte> to) const override {
    ++reads_;
    return memory_.Read(from, to);
  }
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    ++reads_;
    return memory_.ReadRanges(ranges, to);
  }
  int reads() const { return reads_; }

 private:
  const Memory& memory_;
  mutable int reads_ = 0;
};

class Variables : public testing::TestWithParam<Version> {
 protected:
  static constexpr ValueLimits kMany{.items = 100000, .characters = 10000, .text = 1000000};

  VariableTexts Texts(bool stands_still) {
    return VariableTexts(memory_, layout_, limits_, stands_still, [this] { return now_ += step_; });
  }
  static std::vector<LocalVariable> Named(std::size_t count, Address value) {
    std::vector<LocalVariable> variables;
    for (std::size_t i = 0; i < count; ++i) {
      variables.push_back({std::string("v").append(std::to_string(i)), value, i == 0});
    }
    return variables;
  }
  static std::string Only(const std::vector<VariableText>& texts) {
    return texts.size() == 1 ? texts[0].value : std::to_string(texts.size()) + " variables";
  }

  const Layout& layout_ = *FindLayout(GetParam());
  ObjectMemory objects_{layout_};
  CountingMemory memory_{objects_.memory()};
  VariableLimits limits_{kMany, milliseconds(100), 1000000, "be patient", "ask for less"};
  TimePoint now_;
  Duration step_{};
};

TEST_P(Variables, AreWrittenInOrder) {
  VariableTexts texts = Texts(true);
  const auto written = texts.Of(Named(3, objects_.Str("x")));
  ASSERT_EQ(written.size(), 3U);
  EXPECT_EQ(written[2].name, "v2");
  EXPECT_EQ(written[2].value, "'x'");
  EXPECT_TRUE(written[0].is_argument);
  EXPECT_FALSE(written[1].is_argument);
  EXPECT_EQ(texts.LeftOut(), std::nullopt);
}

TEST_P(Variables, AreNotReadTwiceWhileMemoryStandsStill) {
  const auto variables = Named(1, objects_.List({objects_.Str("x"), objects_.Int(1)}));
  VariableTexts texts = Texts(true);
  const std::string first = Only(texts.Of(variables));
  EXPECT_EQ(first, "['x', 1]");
  const int reads = memory_.reads();
  EXPECT_EQ(Only(texts.Of(variables)), first);
  EXPECT_EQ(memory_.reads(), reads);
  VariableTexts moving = Texts(false);
  EXPECT_EQ(Only(moving.Of(variables)), first);
  const int before = memory_.reads();
  EXPECT_EQ(Only(moving.Of(variables)), first);
  EXPECT_GT(memory_.reads(), before);
}

TEST_P(Variables, OfLongOnesTheBeginningIsRepeated) {
  // The 60th byte begins a character of two.
  std::string text = std::string(58, 'x') + "\xE2" + std::string(200, 'y');
  if (objects_.is_python2()) text = std::string(400, 'x');
  const auto variables = Named(1, objects_.Str(text));
  VariableTexts texts = Texts(true);
  const std::string whole = Only(texts.Of(variables));
  EXPECT_GT(whole.size(), 250U);
  const std::string repeated = Only(texts.Of(variables));
  EXPECT_LT(repeated.size(), 120U);
  EXPECT_EQ(repeated.substr(0, 59), std::string("'").append(58, 'x'));
  EXPECT_THAT(repeated, testing::EndsWith("x... <the same object as above>"));
  VariableTexts moving = Texts(false);
  EXPECT_EQ(Only(moving.Of(variables)), whole);
  EXPECT_EQ(Only(moving.Of(variables)), whole);
}

TEST_P(Variables, EndWhereTheirTextIsTooLong) {
  limits_.text = 1000;
  VariableTexts texts = Texts(true);
  std::size_t length = 0;
  std::size_t whole = 0;
  for (int i = 0; i < 20; ++i) {
    const auto written = texts.Of(Named(4, objects_.Str("some text")));
    for (const VariableText& text : written) length += text.name.size() + text.value.size();
    if (written.size() == 4) ++whole;
  }
  EXPECT_LE(length, 1000U);
  EXPECT_EQ(whole, 8U);
  EXPECT_EQ(texts.LeftOut(),
            "variables of 12 frames are left out: all together would be longer than 1000 bytes; "
            "ask for less");
  // Nothing is read any more.
  const int reads = memory_.reads();
  EXPECT_EQ(texts.Of(Named(4, objects_.Str("other"))).size(), 0U);
  EXPECT_EQ(memory_.reads(), reads);
}

TEST_P(Variables, EndWhereTheyTakeTooLong) {
  limits_.if_slow.clear();
  step_ = milliseconds(10);
  VariableTexts texts = Texts(true);
  EXPECT_EQ(texts.Of(Named(2, objects_.Int(1))).size(), 2U);
  EXPECT_EQ(texts.LeftOut(), std::nullopt);
  const auto written = texts.Of(Named(100, objects_.Int(1)));
  EXPECT_GT(written.size(), 2U);
  EXPECT_LT(written.size(), 10U);
  EXPECT_EQ(texts.LeftOut(),
            "variables of 1 frame are left out: to read all would take longer than 0.1 s");
  CodeObject code;
  EXPECT_EQ(texts.Of(RawFrame{Address(0x1000), &code, 0}).size(), 0U);
}

// What the program does between the frames does not count.
TEST_P(Variables, CountNoTimeBetweenFrames) {
  VariableTexts texts = Texts(true);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(texts.Of(Named(2, objects_.Int(1))).size(), 2U);
    now_ += milliseconds(90);
  }
  EXPECT_EQ(texts.LeftOut(), std::nullopt);
}

TEST_P(Variables, OneThatTakesTooLongBreaksOff) {
  step_ = milliseconds(10);
  const Address list = objects_.List(std::vector<Address>(50000, objects_.Int(1)));
  VariableTexts texts = Texts(true);
  const auto written = texts.Of(Named(2, list));
  ASSERT_EQ(written.size(), 1U);
  EXPECT_THAT(written[0].value, testing::StartsWith("[1, 1, "));
  EXPECT_THAT(written[0].value, testing::EndsWith(", ...]"));
  EXPECT_LT(written[0].value.size(), 10000U);
  EXPECT_EQ(texts.LeftOut(),
            "variables of 1 frame are left out: to read all would take longer than 0.1 s; "
            "be patient");
}

INSTANTIATE_TEST_SUITE_P(Versions, Variables, testing::ValuesIn(AllVersions()), VersionName);

}  // namespace
}  // namespace osprey
