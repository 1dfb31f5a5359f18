#include "osprey/python/variable_texts.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace osprey {
namespace {

// Longer than a line of a terminal, and than any text of -l: only -ll repeats what is that long.
constexpr std::size_t kLong = 200;
constexpr std::size_t kBeginning = 60;
// What a line of a dump has around a variable's name and value. It also bounds how many variables
// there are, however short they may be.
constexpr std::size_t kAround = 16;

// The beginning of a text in UTF-8, whose last character is not cut.
std::string_view BeginningOf(std::string_view text) {
  std::size_t end = kBeginning;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

std::string SizeText(std::size_t bytes) {
  constexpr std::size_t kMebibyte = std::size_t{1} << 20U;
  return bytes % kMebibyte == 0 ? fmt::format("{} MiB", bytes / kMebibyte)
                                : fmt::format("{} bytes", bytes);
}

}  // namespace

class VariableTexts::Stopwatch {
 public:
  explicit Stopwatch(VariableTexts& texts) : texts_(texts) { texts_.start_ = texts_.clock_(); }
  ~Stopwatch() { texts_.taken_ += texts_.clock_() - texts_.start_; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  VariableTexts& texts_;
};

VariableTexts::VariableTexts(const Memory& memory, const Layout& layout,
                             const VariableLimits& limits, bool stands_still,
                             std::function<TimePoint()> clock)
    : memory_(memory),
      layout_(layout),
      limits_(limits),
      stands_still_(stands_still),
      clock_(std::move(clock)),
      locals_(memory, layout) {}

std::vector<VariableText> VariableTexts::Of(const RawFrame& frame) {
  const Stopwatch stopwatch(*this);
  if (IsSpent()) {
    ++left_out_;
    return {};
  }
  const auto variables = locals_.Read(frame);
  return variables ? Write(*variables) : std::vector<VariableText>();
}

std::vector<VariableText> VariableTexts::Of(std::span<const LocalVariable> variables) {
  const Stopwatch stopwatch(*this);
  return Write(variables);
}

std::vector<VariableText> VariableTexts::Write(std::span<const LocalVariable> variables) {
  // The types that it remembers may be others by the next frame, unless all stands still.
  if (!values_ || !stands_still_) values_.emplace(memory_, layout_, limits_.value);
  std::vector<VariableText> texts;
  for (const LocalVariable& variable : variables) {
    if (!IsSpent()) {
      std::string value = TextOf(variable.value);
      const std::size_t length = variable.name.size() + value.size() + kAround;
      if (length <= limits_.text - length_) {
        length_ += length;
        texts.push_back({variable.name, std::move(value), variable.is_argument});
        continue;
      }
      is_long_ = true;
    }
    ++left_out_;
    break;
  }
  return texts;
}

std::string VariableTexts::TextOf(Address object) {
  if (stands_still_) {
    const auto known = written_.find(object);
    if (known != written_.end()) return known->second;
  }
  std::string text = values_->Of(object, [this] { return IsSpent(); });
  if (stands_still_) {
    written_[object] = text.size() <= kLong
                           ? text
                           : std::string(BeginningOf(text)) + "... <the same object as above>";
  }
  return text;
}

bool VariableTexts::IsSpent() {
  if (!is_slow_) is_slow_ = taken_ + (clock_() - start_) >= limits_.time;
  return is_slow_ || is_long_;
}

std::optional<std::string> VariableTexts::LeftOut() const {
  if (left_out_ == 0) return std::nullopt;
  const std::string why =
      is_long_ ? fmt::format("all together would be longer than {}", SizeText(limits_.text))
               : fmt::format("to read all would take longer than {:g} s", Seconds(limits_.time));
  const std::string& hint = is_long_ ? limits_.if_long : limits_.if_slow;
  return fmt::format("variables of {} frame{} are left out: {}{}{}", left_out_,
                     left_out_ == 1 ? "" : "s", why, hint.empty() ? "" : "; ", hint);
}

}  // namespace osprey
