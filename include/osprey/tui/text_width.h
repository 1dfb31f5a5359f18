// Text from a hostile process, made harmless for a terminal, and cut to columns.
#pragma once

#include <string>
#include <string_view>

namespace osprey {

// What the terminal's locale can show.
enum class Charset { kAscii, kUtf8 };
// That of the locale that setlocale(3) has set.
Charset CharsetOfLocale();

// Everything of `text` that can be shown: control characters, what is no UTF-8, what has no width
// and what turns the direction of writing become U+FFFD, or '?' in ASCII, where all that is not
// ASCII becomes '?' as well. At most `max_bytes` are looked at: names come from a hostile process.
std::string Harmless(std::string_view text, Charset charset, std::size_t max_bytes = 4096);

// How many columns a harmless text takes; East Asian wide characters take two (wcwidth(3)).
int WidthOf(std::string_view harmless);

// Each gives a text of at most `columns` columns, with an ellipsis in the place of what it leaves
// out.
std::string CutEnd(std::string_view harmless, int columns, Charset charset);     // "abcd…"
std::string CutStart(std::string_view harmless, int columns, Charset charset);   // "…wxyz"
std::string CutMiddle(std::string_view harmless, int columns, Charset charset);  // "ab…yz"

// "function (file:line)" in at most `columns`: where it is too long the location gives way first,
// from its start, down to half of the room, then the middle of the function's name.
struct Call {
  std::string function;
  std::string location;  // with brackets and a blank before, or empty
};
Call CutCall(const Call& call, int columns, Charset charset);

}  // namespace osprey
