#include "python/string_text.h"

#include <utf8proc.h>

#include <cstring>

#include "python/utf8.h"

namespace osprey {
namespace {

constexpr std::uint32_t kLastCodePoint = 0x10FFFF;

class Characters {
 public:
  Characters(std::span<const std::byte> bytes, std::uint32_t width)
      : bytes_(bytes), width_(width), count_(bytes.size() / width) {}

  std::size_t size() const { return count_; }
  std::uint32_t operator[](std::size_t index) const {
    std::uint32_t character = 0;
    if (index < count_) std::memcpy(&character, bytes_.data() + index * width_, width_);
    return character;
  }
  bool Contains(char wanted) const {
    for (std::size_t i = 0; i < count_; ++i) {
      if ((*this)[i] == static_cast<std::uint32_t>(wanted)) return true;
    }
    return false;
  }

 private:
  std::span<const std::byte> bytes_;
  std::uint32_t width_;
  std::size_t count_;
};

// Objects/unicodectype.c, _PyUnicode_IsPrintable: neither Cc, Cf, Cs, Co, Cn, Zl, Zp, nor Zs other
// than the space.
bool IsPrintable(std::uint32_t character) {
  if (character < 0x7F) return character >= ' ';
  if (character > kLastCodePoint) return false;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(character))) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_ZS:
      return false;
    default:
      return true;
  }
}

void AppendHex(std::uint32_t value, int digits, std::string& text) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
    text.push_back("0123456789abcdef"[value >> static_cast<unsigned>(shift) & 0xFU]);
  }
}

void AppendEscape(std::uint32_t character, std::string& text) {
  if (character <= 0xFF) {
    text += "\\x";
    AppendHex(character, 2, text);
  } else if (character <= 0xFFFF) {
    text += "\\u";
    AppendHex(character, 4, text);
  } else {
    text += "\\U";
    AppendHex(character, 8, text);
  }
}

void AppendCharacter(std::uint32_t character, char quote, StringForm form, std::string& text) {
  switch (character) {
    case '\n':
      text += "\\n";
      return;
    case '\r':
      text += "\\r";
      return;
    case '\t':
      text += "\\t";
      return;
    case '\\':
      text += "\\\\";
      return;
    default:
      break;
  }
  const bool is_raw_allowed = form == StringForm::kText;
  if (character == static_cast<std::uint32_t>(quote) ||
      (character == '\'' && form == StringForm::kByteArray)) {
    text.push_back('\\');
    text.push_back(static_cast<char>(character));
  } else if (character < 0x7F ? character >= ' ' : is_raw_allowed && IsPrintable(character)) {
    AppendUtf8(character, text);
  } else {
    AppendEscape(character, text);
  }
}

}  // namespace

bool AppendQuoted(std::span<const std::byte> bytes, std::uint32_t width, StringForm form,
                  std::size_t longest, std::string& text) {
  const Characters characters(bytes, width);
  const char quote = characters.Contains('\'') && !characters.Contains('"') ? '"' : '\'';
  text.push_back(quote);
  std::size_t i = 0;
  for (; i < characters.size() && text.size() < longest; ++i) {
    std::uint32_t character = characters[i];
    // 2.7 on builds with 2 bytes: two surrogates that make a pair are one character.
    const bool is_pair = form == StringForm::kEscapedText && width == 2 &&
                         (character & 0xFC00U) == 0xD800 && (characters[i + 1] & 0xFC00U) == 0xDC00;
    if (is_pair) {
      character = 0x10000 + ((character & 0x3FFU) << 10U) + (characters[++i] & 0x3FFU);
    }
    if (character > kLastCodePoint) character = 0xFFFD;
    AppendCharacter(character, quote, form, text);
  }
  text.push_back(quote);
  return i == characters.size();
}

void AppendName(std::string_view name, std::string& text) {
  // Names that people write, with those of the classes around, stay below 100.
  constexpr std::size_t kMaxNameBytes = 400;
  const bool is_whole = name.size() <= kMaxNameBytes;
  if (!is_whole) name = name.substr(0, Utf8Length(name.substr(0, kMaxNameBytes)));
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const auto next = static_cast<unsigned char>(i + 1 < name.size() ? name[i + 1] : '\0');
    if (byte < 0x20 || byte == 0x7F) {
      AppendEscape(byte, text);
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {  // U+0080 to U+009F
      AppendEscape(next, text);
      ++i;
    } else {
      text.push_back(name[i]);
    }
  }
  if (!is_whole) text += "...";
}

}  // namespace osprey
