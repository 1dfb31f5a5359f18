#include "python/string_text.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace osprey {
namespace {

template <typename Character>
std::string Quoted(const std::vector<Character>& characters, StringForm form,
                   std::size_t longest = 1000) {
  std::string text;
  AppendQuoted(std::as_bytes(std::span(characters)), sizeof(Character), form, longest, text);
  return text;
}

std::string Bytes(std::string_view text, StringForm form = StringForm::kBytes) {
  return Quoted(std::vector<char>(text.begin(), text.end()), form);
}

TEST(AppendQuoted, ChoosesTheQuotesAsPython) {
  EXPECT_EQ(Bytes("plain"), "'plain'");
  EXPECT_EQ(Bytes("it's"), "\"it's\"");
  EXPECT_EQ(Bytes("\"quoted\""), "'\"quoted\"'");
  EXPECT_EQ(Bytes("'\""), "'\\'\"'");
  EXPECT_EQ(Bytes("it's", StringForm::kByteArray), "\"it\\'s\"");
}

TEST(AppendQuoted, EscapesWhatIsNotPrintable) {
  EXPECT_EQ(Bytes(std::string_view("\0\t\n\r\x1b\\\x7f\xff", 8)),
            "'\\x00\\t\\n\\r\\x1b\\\\\\x7f\\xff'");
  using Wide = std::vector<std::uint32_t>;
  EXPECT_EQ(Quoted(Wide{0xE9, 0x20AC, 0x1F985}, StringForm::kText), "'\u00e9\u20ac\U0001F985'");
  // A soft hyphen, a no-break space, a line separator, a lone surrogate, private use, no character.
  EXPECT_EQ(Quoted(Wide{0xAD, 0xA0, 0x2028, 0xD800, 0xE000, 0x10FFFF}, StringForm::kText),
            "'\\xad\\xa0\\u2028\\ud800\\ue000\\U0010ffff'");
  EXPECT_EQ(Quoted(Wide{0x110000, 0xFFFFFFFF}, StringForm::kText), "'\uFFFD\uFFFD'");
}

TEST(AppendQuoted, EscapesAllBeyondAsciiOf27) {
  EXPECT_EQ(Quoted(std::vector<std::uint32_t>{'a', 0xE9, 0x20AC, 0x1F985, 0xD83E, 0xDD85},
                   StringForm::kEscapedText),
            "'a\\xe9\\u20ac\\U0001f985\\ud83e\\udd85'");
  EXPECT_EQ(
      Quoted(std::vector<std::uint16_t>{0xD83E, 0xDD85, 0xDD85, 0xD83E}, StringForm::kEscapedText),
      "'\\U0001f985\\udd85\\ud83e'");
}

TEST(AppendQuoted, EndsWhereThereIsNoMoreRoom) {
  std::string text = "abc";
  const std::vector<char> characters(100, 'x');
  EXPECT_FALSE(AppendQuoted(std::as_bytes(std::span(characters)), 1, StringForm::kText, 10, text));
  EXPECT_EQ(text, "abc'xxxxxx'");
  text.clear();
  EXPECT_TRUE(AppendQuoted(std::as_bytes(std::span(characters)), 1, StringForm::kText, 101, text));
}

TEST(AppendName, EscapesControlCharactersOnly) {
  std::string text;
  AppendName("a\x1b[0m \u00e9\x7f\u009b\u00a0", text);
  EXPECT_EQ(text, "a\\x1b[0m \u00e9\\x7f\\x9b\u00a0");
  text.clear();
  AppendName(std::string(399, 'x') + "\u00e9 and more", text);  // cut before what is not whole
  EXPECT_EQ(text, std::string(399, 'x') + "...");
}

}  // namespace
}  // namespace osprey
