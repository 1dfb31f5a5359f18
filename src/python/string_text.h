// Strings as Python's repr writes them, quotes and escapes included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace osprey {

enum class StringForm : std::uint8_t {
  kText,         // a str of Python 3: printable characters stand for themselves
  kEscapedText,  // a unicode object of 2.7: those beyond ASCII are escaped
  kBytes,
  kByteArray,  // as bytes, with a single quote always escaped
};

// Appends `characters`, of `width` bytes each (1, 2 or 4), in quotes. Ends early, with the closing
// quote, where `text` has become `longest` bytes long; returns whether all were written. What is
// beyond Unicode is shown as U+FFFD.
bool AppendQuoted(std::span<const std::byte> characters, std::uint32_t width, StringForm form,
                  std::size_t longest, std::string& text);

// A name, which has no quotes; control characters are escaped. What is beyond 400 bytes is `...`.
void AppendName(std::string_view name, std::string& text);

}  // namespace osprey
