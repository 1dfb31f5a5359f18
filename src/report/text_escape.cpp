#include "text_escape.h"

#include <nlohmann/json.hpp>

namespace osprey {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// The length of the UTF-8 character at `at`, 0 if there is none (RFC 3629, section 4).
std::size_t CharacterLength(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!follows(1) || !follows(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;   // too long a form
    if (lead == 0xED && byte(1) >= 0xA0) return 0;  // surrogates
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    if (lead == 0xF4 && byte(1) >= 0x90) return 0;
    return 4;
  }
  return 0;
}

// U+0080 to U+009F are controls; XML 1.0 forbids U+FFFE and U+FFFF.
bool IsForbidden(std::string_view character) {
  if (character.size() == 1) return IsControl(character[0]);
  if (character.size() == 2) return character[0] == '\xC2' && character[1] < '\xA0';
  return character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
}

}  // namespace

std::string CleanText(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = CharacterLength(text, at);
    const std::string_view character = text.substr(at, length);
    if (length == 0 || IsForbidden(character)) {
      clean += kReplacement;
    } else {
      clean += character;
    }
    at += length == 0 ? 1 : length;
  }
  return clean;
}

std::string CleanText(std::string_view text, std::size_t max_bytes) {
  std::string clean = CleanText(text);
  if (clean.size() <= max_bytes) return clean;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xC0) == 0x80) --end;
  clean.resize(end);
  return clean += "\xE2\x80\xA6";
}

std::string EscapeXml(std::string_view text) {
  std::string escaped;
  for (const char c : CleanText(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string EscapeFolded(std::string_view text) {
  std::string escaped(text);
  for (char& c : escaped) {
    if (c == ';') c = ':';
    if (IsControl(c)) c = ' ';
  }
  return CleanText(escaped);
}

std::string QuoteJson(std::string_view text) {
  const std::string quoted = nlohmann::json(CleanText(text)).dump(-1, ' ', true);
  std::string safe;
  safe.reserve(quoted.size());
  for (const char c : quoted) {
    switch (c) {
      case '<':
        safe += "\\u003c";
        break;
      case '>':
        safe += "\\u003e";
        break;
      case '&':
        safe += "\\u0026";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

}  // namespace osprey
