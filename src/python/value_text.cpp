#include "osprey/python/value_text.h"

#include <algorithm>

#include "python/metered_memory.h"
#include "python/value_printer.h"
#include "python/value_types.h"

namespace osprey {
namespace {

// Enough for a set of a million places that are nearly all empty, and read in some milliseconds.
constexpr std::size_t kMaxBytesRead = 8U << 20U;
// What an Osprey thread's own stack holds with ease.
constexpr int kMaxDepth = 100;

}  // namespace

ValueText::ValueText(const Memory& memory, const Layout& layout, const ValueLimits& limits)
    : memory_(memory), layout_(layout), limits_(limits), types_(std::make_unique<ValueTypes>()) {
  limits_.depth = std::clamp(limits_.depth, 0, kMaxDepth);
}

ValueText::~ValueText() = default;

std::string ValueText::Of(Address object, const std::function<bool()>& is_over) const {
  const MeteredMemory metered(memory_, kMaxBytesRead, is_over);
  ValuePrinter printer(metered, layout_, limits_, *types_);
  printer.Print(object);
  return std::move(printer.text());
}

}  // namespace osprey
