#include "target/elf_notes.h"

#include <fmt/format.h>

namespace osprey {

std::string FindBuildId(std::span<const std::byte> notes) {
  // Linkers write 16 or 20 bytes; ld --build-id=0x... takes any number, of which this is enough.
  constexpr std::size_t kMaxBuildId = 64;
  while (const auto note = TakeNote(notes)) {
    if (note->type != NT_GNU_BUILD_ID || note->name != "GNU") continue;
    if (note->description.empty() || note->description.size() > kMaxBuildId) continue;
    std::string text;
    for (const std::byte b : note->description) {
      text += fmt::format("{:02x}", std::to_integer<unsigned>(b));
    }
    return text;
  }
  return {};
}

}  // namespace osprey
