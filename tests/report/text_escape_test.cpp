#include "report/text_escape.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

constexpr char kBad[] = "\xEF\xBF\xBD";

TEST(TextEscapeTest, WhatIsNotUtf8IsReplaced) {
  EXPECT_EQ(CleanText("a\xff"
                      "b"),
            std::string("a") + kBad + "b");
  EXPECT_EQ(CleanText("\xC3"), kBad);
  EXPECT_EQ(CleanText("\xED\xA0\x80"), std::string(kBad) + kBad + kBad);
  EXPECT_EQ(CleanText("\xF0\x9F\xA6\x85 \u00e9\u540d"), "\xF0\x9F\xA6\x85 \u00e9\u540d");
  EXPECT_EQ(CleanText(std::string_view("a\0b\x1b\x7f", 5)),
            std::string("a") + kBad + "b" + kBad + kBad);
  EXPECT_EQ(CleanText("\xEF\xBF\xBF"), kBad);
}

TEST(TextEscapeTest, ACutKeepsWholeCharacters) {
  EXPECT_EQ(CleanText("\u00e9\u00e9\u00e9", 3), "\u00e9\u2026");
  EXPECT_EQ(CleanText("abc", 3), "abc");
}

TEST(TextEscapeTest, EachFormatHasItsOwnDangers) {
  EXPECT_EQ(EscapeXml("<a b=\"c\" d='e'>&]]>"),
            "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;]]&gt;");
  EXPECT_EQ(EscapeFolded("a;b\nc\xff"), std::string("a:b c") + kBad);
  EXPECT_EQ(QuoteJson("]]></script>&\"\\"), "\"]]\\u003e\\u003c/script\\u003e\\u0026\\\"\\\\\"");
  EXPECT_EQ(QuoteJson("\u00e9"), "\"\\u00e9\"");
}

}  // namespace
}  // namespace osprey
