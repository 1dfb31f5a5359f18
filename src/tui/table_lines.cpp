#include "tui/table_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "osprey/tui/figure_text.h"

namespace osprey {
namespace {

// Below this width there is room for two columns of numbers beside a name.
constexpr int kNarrow = 64;
constexpr int kIndent = 2;

}  // namespace

TableColumns::TableColumns(const TopModel& model, const TopFacts& facts, int columns)
    : model_(model), facts_(facts), columns_(columns) {
  const Column all[] = {{SortColumn::kSelfPercent, "%Self", 8},
                        {SortColumn::kTotalPercent, "%Total", 8},
                        {SortColumn::kSelf, "Self", 9},
                        {SortColumn::kTotal, "Total", 9}};
  const bool by_time =
      model.sort_column() == SortColumn::kSelf || model.sort_column() == SortColumn::kTotal;
  for (const Column& column : all) {
    const bool is_time = column.column == SortColumn::kSelf || column.column == SortColumn::kTotal;
    if (columns >= kNarrow || is_time == by_time) shown_.push_back(column);
  }
  if (model.style().per_thread && model.page() != TopPage::kTree) {
    thread_width_ = std::clamp(columns / 6, 8, 24);
  }
}

bool TableColumns::IsSorted(const Column& column) const {
  return column.column == model_.sort_column();
}

StyledLine TableColumns::Names() const {
  StyledLine line;
  line.fill = Style::kColumns;
  const bool utf8 = facts_.charset == Charset::kUtf8;
  for (const Column& column : shown_) {
    const char* mark = !IsSorted(column)       ? " "
                       : model_.is_ascending() ? (utf8 ? "\xE2\x96\xB2" : "^")   // U+25B2
                                               : (utf8 ? "\xE2\x96\xBC" : "v");  // U+25BC
    line.Add(PadLeft(column.name, column.width - 1) + mark,
             IsSorted(column) ? Style::kSortedColumn : Style::kColumns);
  }
  std::string rest = "  ";
  if (thread_width_ > 0) rest += PadRight("Thread", thread_width_);
  rest += model_.style().per_line && model_.places().line_numbers ? "Function (file:line)"
                                                                  : "Function (file)";
  line.Add(CutEnd(rest, columns_ - line.Width(), facts_.charset), Style::kColumns);
  return line;
}

std::vector<Screen::ColumnSpot> TableColumns::Spots() const {
  std::vector<Screen::ColumnSpot> spots;
  int at = 0;
  for (const Column& column : shown_) {
    spots.push_back({at, at + column.width, column.column});
    at += column.width;
  }
  return spots;
}

std::string TableColumns::Value(const TopLine& line, SortColumn column) const {
  switch (column) {
    case SortColumn::kSelfPercent:
      return line.self ? PercentText(model_.Percent(*line.self)) : "";
    case SortColumn::kTotalPercent:
      return line.total ? PercentText(model_.Percent(*line.total)) : "";
    case SortColumn::kSelf:
      return line.self_all ? SecondsText(model_.SecondsOf(*line.self_all)) : "";
    case SortColumn::kTotal:
      return line.total_all ? SecondsText(model_.SecondsOf(*line.total_all)) : "";
  }
  return "";
}

Style TableColumns::ValueStyle(const TopLine& line, SortColumn column) const {
  const bool is_self = column == SortColumn::kSelfPercent || column == SortColumn::kSelf;
  const bool is_time = column == SortColumn::kSelf || column == SortColumn::kTotal;
  const auto& count =
      is_self ? (is_time ? line.self_all : line.self) : (is_time ? line.total_all : line.total);
  if (count.value_or(0) == 0) return Style::kCool;
  if (is_time) return Style::kPlain;
  const double percent = model_.Percent(*count);
  return percent >= 50   ? Style::kHot
         : percent >= 20 ? Style::kWarm
         : percent >= 5  ? Style::kMild
                         : Style::kPlain;
}

void TableColumns::AddCall(const TopLine& line, StyledLine& row, int room) const {
  const Frame& frame = line.frame;
  const auto& strings = model_.stacks().strings();
  if (model_.page() == TopPage::kTree) {
    const bool utf8 = facts_.charset == Charset::kUtf8;
    // Deep down only the last steps are indented: the name matters more.
    const int indent = std::min(static_cast<int>(line.depth) * kIndent, room / 3);
    const char* mark = line.fold == TopLine::Fold::kOpen     ? (utf8 ? "\xE2\x96\xBE " : "- ")
                       : line.fold == TopLine::Fold::kClosed ? (utf8 ? "\xE2\x96\xB8 " : "+ ")
                                                             : "  ";
    row.Add(std::string(static_cast<std::size_t>(indent), ' ') + mark, Style::kKey);
    room -= indent + 2;
  }
  const bool is_function = IsFunctionFrame(frame);
  Call call;
  call.function = Harmless(strings.Get(frame.function), facts_.charset);
  const std::string place = PlaceOf(frame, strings, model_.places());
  if (!place.empty()) call.location = fmt::format(" ({})", Harmless(place, facts_.charset));
  Call cut = CutCall(call, room, facts_.charset);
  row.Add(std::move(cut.function), is_function ? Style::kFunction : Style::kRoot);
  row.Add(std::move(cut.location), Style::kPlace);
}

StyledLine TableColumns::Row(const TopLine& line, bool is_selected) const {
  StyledLine row;
  if (line.kind == TopLine::Kind::kHeading) {
    int numbers = 2;
    for (const Column& column : shown_) numbers += column.width;
    const std::string text = std::string(static_cast<std::size_t>(numbers), ' ') + line.heading;
    row.Add(CutEnd(text, columns_, facts_.charset), Style::kHeading);
    return row;
  }
  for (const Column& column : shown_) {
    row.Add(PadLeft(Value(line, column.column), column.width - 1) + " ",
            ValueStyle(line, column.column));
  }
  row.Add("  ");
  if (thread_width_ > 0) {
    const std::string name = Harmless(ShortThread(line.thread), facts_.charset);
    row.Add(PadRight(CutEnd(name, thread_width_ - 1, facts_.charset), thread_width_), Style::kRoot);
  }
  AddCall(line, row, std::max(0, columns_ - row.Width()));
  if (is_selected) {
    row.fill = Style::kSelected;
    for (StyledLine::Span& span : row.spans) span.style = Style::kSelected;
  }
  return row;
}

}  // namespace osprey
