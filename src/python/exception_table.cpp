#include "python/exception_table.h"

#include <optional>

namespace osprey {
namespace {

// Numbers in groups of six bits, the highest first; bit 6 says that another follows. Bit 7 marks
// the first byte of an entry.
class TableReader {
 public:
  explicit TableReader(std::span<const std::byte> table) : rest_(table) {}

  // Nothing at the end of the table. What does not fit 64 bits wraps.
  std::optional<std::uint64_t> Next() {
    std::uint64_t value = 0;
    while (!rest_.empty()) {
      const auto byte = std::to_integer<std::uint32_t>(rest_.front());
      rest_ = rest_.subspan(1);
      value = value << 6U | (byte & 0x3FU);
      if ((byte & 0x40U) == 0) return value;
    }
    return std::nullopt;
  }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace

std::size_t HandlerDepth(std::span<const std::byte> table, std::uint64_t unit) {
  TableReader reader(table);
  while (true) {
    const auto start = reader.Next();
    const auto length = reader.Next();
    const auto target = reader.Next();
    const auto depth_and_lasti = reader.Next();
    if (!start || !length || !target || !depth_and_lasti) return 0;
    if (unit - *start < *length) return *depth_and_lasti >> 1U;
    if (*start > unit) return 0;  // they are in order
  }
}

}  // namespace osprey
