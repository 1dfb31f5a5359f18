// What a hostile process calls its functions, files and itself, made harmless for a terminal.
#include <clocale>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "osprey/tui/text_width.h"

namespace {

// Nothing that a terminal could take for more than a character.
void Require(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace osprey;
  // wcwidth(3) goes by the locale.
  static const char* const locale = std::setlocale(LC_CTYPE, "C.UTF-8");
  if (locale == nullptr) std::abort();
  if (size == 0) return 0;
  const int columns = data[0] % 64;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (const Charset charset : {Charset::kAscii, Charset::kUtf8}) {
    const std::string harmless = Harmless(text, charset, 200);
    Require(harmless);
    if (Harmless(harmless, charset) != harmless) std::abort();
    const Call call{harmless, " (" + harmless + ")"};
    const Call cut = CutCall(call, columns, charset);
    Require(cut.function + cut.location);
    if (WidthOf(cut.function) + WidthOf(cut.location) > columns) std::abort();
    if (WidthOf(CutStart(harmless, columns, charset)) > columns) std::abort();
  }
  return 0;
}
