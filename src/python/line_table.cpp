#include "osprey/python/line_table.h"

namespace osprey {
namespace {

// Reads bytes one by one and says when there are no more.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : bytes_(bytes) {}
  bool AtEnd() const { return position_ >= bytes_.size(); }
  std::uint8_t Next() {
    return AtEnd() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(bytes_[position_++]);
  }
  // 6-bit groups, low first; bit 6 says that more follow. Six groups hold any 32-bit value.
  std::uint32_t NextVarint() {
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 36 && !AtEnd(); shift += 6) {
      const std::uint8_t byte = Next();
      if (shift < 32) value |= static_cast<std::uint32_t>(byte & 63U) << shift;
      if ((byte & 64U) == 0) break;
    }
    return value;
  }
  // The sign is the lowest bit.
  std::int64_t NextSignedVarint() {
    const std::uint32_t value = NextVarint();
    const auto magnitude = static_cast<std::int64_t>(value >> 1U);
    return (value & 1U) != 0 ? -magnitude : magnitude;
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
};

std::uint32_t AsLine(std::int64_t line) {
  return line > 0 && line <= INT32_MAX ? static_cast<std::uint32_t>(line) : 0;
}

template <typename Delta>
std::uint32_t LineOfLnotab(Cursor table, std::int64_t line, std::int64_t offset) {
  std::int64_t address = 0;
  while (!table.AtEnd()) {
    address += table.Next();
    if (address > offset) break;
    line += static_cast<Delta>(table.Next());
  }
  return AsLine(line);
}

std::uint32_t LineOfLineTable(Cursor table, std::int64_t line, std::int64_t offset) {
  constexpr std::int8_t kNoLine = -128;
  std::int64_t end = 0;
  while (!table.AtEnd()) {
    end += table.Next();
    const auto delta = static_cast<std::int8_t>(table.Next());
    if (delta != kNoLine) line += delta;
    if (offset < end) return delta == kNoLine ? 0 : AsLine(line);
  }
  return 0;
}

std::uint32_t LineOfLocations(Cursor table, std::int64_t line, std::int64_t offset) {
  constexpr int kCodeUnit = 2;  // bytes
  std::int64_t end = 0;
  while (!table.AtEnd()) {
    const std::uint8_t first = table.Next();
    end += ((first & 7) + 1) * kCodeUnit;
    const int code = (first >> 3) & 15;
    bool has_line = true;
    if (code == 15) {
      has_line = false;
    } else if (code == 14) {  // long form: line, end line, column, end column
      line += table.NextSignedVarint();
      table.NextVarint();
      table.NextVarint();
      table.NextVarint();
    } else if (code == 13) {  // no columns
      line += table.NextSignedVarint();
    } else if (code >= 10) {  // one line: line delta in the code, two bytes of columns
      line += code - 10;
      table.Next();
      table.Next();
    } else {  // short form: same line, one byte of columns
      table.Next();
    }
    if (offset < end) return has_line ? AsLine(line) : 0;
  }
  return 0;
}

}  // namespace

std::uint32_t LineOf(LineTableFormat format, std::span<const std::byte> table,
                     std::int32_t first_line, std::int64_t byte_offset) {
  if (byte_offset < 0) return AsLine(first_line);
  switch (format) {
    case LineTableFormat::kLnotab:
      return LineOfLnotab<std::int8_t>(Cursor(table), first_line, byte_offset);
    case LineTableFormat::kOldLnotab:
      return LineOfLnotab<std::uint8_t>(Cursor(table), first_line, byte_offset);
    case LineTableFormat::kLineTable:
      return LineOfLineTable(Cursor(table), first_line, byte_offset);
    case LineTableFormat::kLocations:
      return LineOfLocations(Cursor(table), first_line, byte_offset);
  }
  return 0;
}

}  // namespace osprey
