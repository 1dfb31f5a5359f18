#include "osprey/tui/text_width.h"

#include <gtest/gtest.h>

#include <clocale>

namespace osprey {
namespace {

constexpr Charset kUtf8 = Charset::kUtf8;
constexpr Charset kAscii = Charset::kAscii;

// wcwidth(3) goes by the locale; this one every glibc of Debian 12 has.
class TextWidth : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr); }
  void TearDown() override { std::setlocale(LC_CTYPE, "C"); }
};

TEST_F(TextWidth, WhatCouldMoveACursorBecomesHarmless) {
  EXPECT_EQ(Harmless("a\x1b[31mb\n\t\x7f", kUtf8), "a\uFFFD[31mb\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(Harmless("a\x1b]0;title\x07", kAscii), "a?]0;title?");
  EXPECT_EQ(Harmless("\xC2\x9B"
                     "31m",
                     kUtf8),
            "\uFFFD"
            "31m");  // a control of two bytes
  EXPECT_EQ(Harmless("a\u202Eb\u200Bc\u2066", kUtf8), "a\uFFFDb\uFFFDc\uFFFD");  // writes backwards
  EXPECT_EQ(Harmless(std::string_view("a\0b", 3), kAscii), "a?b");
}

TEST_F(TextWidth, WhatIsNoUtf8BecomesHarmless) {
  EXPECT_EQ(Harmless("\xFF\xC3", kUtf8), "\uFFFD\uFFFD");
  EXPECT_EQ(Harmless("\xC0\xAF", kUtf8), "\uFFFD\uFFFD");                      // an overlong slash
  EXPECT_EQ(Harmless("\xED\xA0\x80", kUtf8), "\uFFFD\uFFFD\uFFFD");            // a surrogate
  EXPECT_EQ(Harmless("\xF4\x90\x80\x80", kUtf8), "\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
  EXPECT_EQ(Harmless("z\u00E4hle \u6570", kUtf8), "z\u00E4hle \u6570");
  EXPECT_EQ(Harmless("z\u00E4hle \u6570", kAscii), "z?hle ?");
}

TEST_F(TextWidth, ALongTextIsCutBeforeItIsLookedAt) {
  const std::string harmless = Harmless(std::string(1'000'000, 'x'), kUtf8, 10);
  EXPECT_EQ(harmless, std::string(10, 'x') + "\u2026");
}

TEST_F(TextWidth, WideCharactersTakeTwoColumns) {
  EXPECT_EQ(WidthOf("abc"), 3);
  EXPECT_EQ(WidthOf("\u6570\u3048\u308B"), 6);
  EXPECT_EQ(WidthOf("e\u0301"), 1);  // a letter and a mark above it
  EXPECT_EQ(WidthOf("\u00E4"), 1);
}

TEST_F(TextWidth, CutsAtEitherEndOrBetween) {
  EXPECT_EQ(CutEnd("abcdefgh", 5, kUtf8), "abcd\u2026");
  EXPECT_EQ(CutStart("abcdefgh", 5, kUtf8),
            "\u2026"
            "efgh");
  EXPECT_EQ(CutMiddle("abcdefgh", 5, kUtf8), "ab\u2026gh");
  EXPECT_EQ(CutMiddle("abcdefgh", 5, kAscii), "ab~gh");
  for (const int enough : {8, 9, 100}) EXPECT_EQ(CutEnd("abcdefgh", enough, kUtf8), "abcdefgh");
  EXPECT_EQ(CutEnd("abcdefgh", 0, kUtf8), "");
  EXPECT_EQ(CutEnd("abcdefgh", -3, kUtf8), "");
}

TEST_F(TextWidth, NeverCutsThroughACharacter) {
  const std::string wide = "\u6570\u3048\u308B\u95A2\u6570";
  for (int columns = 1; columns < 10; ++columns) {
    for (const std::string& cut : {CutEnd(wide, columns, kUtf8), CutStart(wide, columns, kUtf8),
                                   CutMiddle(wide, columns, kUtf8)}) {
      EXPECT_LE(WidthOf(cut), columns);
      EXPECT_EQ(Harmless(cut, kUtf8), cut);
    }
  }
  EXPECT_EQ(CutStart("xe\u0301", 1, kUtf8), "\u2026");
}

TEST_F(TextWidth, ACallGivesUpItsLocationFirst) {
  const Call call{"Handler.dispatch", " (framework/handlers.py:123)"};
  EXPECT_EQ(CutCall(call, 100, kUtf8).location, call.location);
  const Call cut = CutCall(call, 36, kUtf8);
  EXPECT_EQ(cut.function, "Handler.dispatch");
  EXPECT_EQ(cut.location, " (\u2026/handlers.py:123)");
  const Call narrow = CutCall(call, 20, kUtf8);
  EXPECT_EQ(narrow.function + narrow.location, "Handl\u2026atch (\u2026py:123)");
  for (int columns = 0; columns < 60; ++columns) {
    const Call each = CutCall(call, columns, kUtf8);
    EXPECT_LE(WidthOf(each.function + each.location), columns);
  }
}

}  // namespace
}  // namespace osprey
