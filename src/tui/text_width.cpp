#include "osprey/tui/text_width.h"

#include <langinfo.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <cwchar>
#include <optional>
#include <vector>

namespace osprey {
namespace {

constexpr const char* kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr const char* kEllipsis = "\xE2\x80\xA6";     // U+2026

struct Decoded {
  char32_t character = 0;
  std::size_t length = 0;  // 0: no UTF-8
};

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
Decoded Decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  char32_t character = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    character = (character << 6U) | (byte(i) & 0x3FU);
  }
  const bool is_overlong =
      (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
  const bool is_surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (is_overlong || is_surrogate || character > 0x10FFFF) return {};
  return {character, length};
}

// Characters that have no shape of their own but change that of others: a name could hide behind
// them (Unicode's general category Cf, and the separators of lines and paragraphs).
bool IsFormat(char32_t c) {
  return c == 0xAD || c == 0x61C || c == 0x180E || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

int CharacterWidth(char32_t c) {
  if (c < 0x80) return 1;
  return std::max(0, ::wcwidth(static_cast<wchar_t>(c)));
}

struct Piece {
  std::size_t at = 0;  // in bytes
  std::size_t length = 0;
  int width = 0;
};

std::vector<Piece> PiecesOf(std::string_view harmless) {
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < harmless.size();) {
    const Decoded decoded = Decode(harmless.substr(at));
    const std::size_t length = std::max<std::size_t>(decoded.length, 1);
    pieces.push_back({at, length, CharacterWidth(decoded.character)});
    at += length;
  }
  return pieces;
}

// How many bytes of the beginning, or of the end, fit into so many columns.
std::size_t HeadThatFits(const std::vector<Piece>& pieces, int columns) {
  std::size_t bytes = 0;
  for (const Piece& piece : pieces) {
    if (piece.width > columns) break;
    columns -= piece.width;
    bytes += piece.length;
  }
  return bytes;
}

std::size_t TailThatFits(const std::vector<Piece>& pieces, int columns) {
  std::size_t bytes = 0;
  std::size_t loose = 0;  // marks without a width belong to what stands before them
  for (std::size_t i = pieces.size(); i-- > 0;) {
    const Piece& piece = pieces[i];
    if (piece.width == 0) {
      loose += piece.length;
      continue;
    }
    if (piece.width > columns) break;
    columns -= piece.width;
    bytes += loose + piece.length;
    loose = 0;
  }
  return bytes;
}

std::string_view Ellipsis(Charset charset) { return charset == Charset::kUtf8 ? kEllipsis : "~"; }

enum class Keep { kStart, kEnd, kBoth };

std::string Cut(std::string_view text, int columns, Charset charset, Keep keep) {
  if (columns <= 0) return {};
  if (WidthOf(text) <= columns) return std::string(text);
  const std::vector<Piece> pieces = PiecesOf(text);
  const int room = columns - 1;
  const int tail = keep == Keep::kEnd ? room : keep == Keep::kBoth ? room / 2 : 0;
  std::string cut(text.substr(0, HeadThatFits(pieces, room - tail)));
  cut += Ellipsis(charset);
  cut += text.substr(text.size() - TailThatFits(pieces, tail));
  return cut;
}

}  // namespace

Charset CharsetOfLocale() {
  return std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0 ? Charset::kUtf8 : Charset::kAscii;
}

std::string Harmless(std::string_view text, Charset charset, std::size_t max_bytes) {
  std::string harmless;
  const bool is_cut = text.size() > max_bytes;
  text = text.substr(0, max_bytes);
  for (std::size_t at = 0; at < text.size();) {
    const Decoded decoded = Decode(text.substr(at));
    const char32_t c = decoded.character;
    const std::size_t length = std::max<std::size_t>(decoded.length, 1);
    const bool is_control = decoded.length == 0 || c < 0x20 || (c >= 0x7F && c < 0xA0);
    if (is_control || IsFormat(c) || (c >= 0x80 && charset == Charset::kAscii) ||
        (c >= 0x80 && ::wcwidth(static_cast<wchar_t>(c)) < 0)) {
      harmless += charset == Charset::kUtf8 ? kReplacement : "?";
    } else {
      harmless += text.substr(at, length);
    }
    at += length;
  }
  if (is_cut) harmless += Ellipsis(charset);
  return harmless;
}

int WidthOf(std::string_view harmless) {
  int width = 0;
  while (!harmless.empty()) {
    const Decoded decoded = Decode(harmless);
    width += CharacterWidth(decoded.character);
    harmless.remove_prefix(std::max<std::size_t>(decoded.length, 1));
  }
  return width;
}

std::string CutEnd(std::string_view harmless, int columns, Charset charset) {
  return Cut(harmless, columns, charset, Keep::kStart);
}

std::string CutStart(std::string_view harmless, int columns, Charset charset) {
  return Cut(harmless, columns, charset, Keep::kEnd);
}

std::string CutMiddle(std::string_view harmless, int columns, Charset charset) {
  return Cut(harmless, columns, charset, Keep::kBoth);
}

Call CutCall(const Call& call, int columns, Charset charset) {
  // A location of fewer columns says nothing: " (" "…y:1" ")".
  constexpr int kLeastLocation = 7;
  const int function = WidthOf(call.function);
  const int location = WidthOf(call.location);
  if (function + location <= columns) return call;
  int room = std::min(location, std::max(columns - function, columns / 2));
  if (room < kLeastLocation) room = 0;
  Call cut;
  if (room >= location) {
    cut.location = call.location;
  } else if (room > 0) {
    // " (" stays before the ellipsis.
    const std::string_view inside = std::string_view(call.location).substr(2);
    cut.location = " (" + CutStart(inside, room - 2, charset);
  }
  cut.function = CutMiddle(call.function, columns - WidthOf(cut.location), charset);
  return cut;
}

}  // namespace osprey
