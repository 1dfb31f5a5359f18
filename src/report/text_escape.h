// Makes names that came out of a hostile process safe for each kind of file.
#pragma once

#include <string>
#include <string_view>

namespace osprey {

// Valid UTF-8: what is not becomes U+FFFD, byte by byte. Control characters and what XML forbids
// become U+FFFD too.
std::string CleanText(std::string_view text);
// CleanText cut to at most `max_bytes`, with an ellipsis where something was cut.
std::string CleanText(std::string_view text, std::size_t max_bytes);
// For XML content and attributes in either quotes.
std::string EscapeXml(std::string_view text);
// A frame of a folded stack: ';' parts the frames, so it becomes ':'; a line is a stack, so line
// breaks and other control characters become spaces.
std::string EscapeFolded(std::string_view text);
// A quoted JSON string in pure ASCII without '<', '>' or '&': safe inside a CDATA section.
std::string QuoteJson(std::string_view text);

}  // namespace osprey
