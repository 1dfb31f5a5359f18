#include "osprey/tui/top_screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tui/header_lines.h"
#include "tui/help_lines.h"
#include "tui/scope_line.h"
#include "tui/table_lines.h"

namespace osprey {
namespace {

// How many lines of figures a screen of so many rows has room for.
int FigureRows(int rows) { return rows < 14 ? 1 : rows < 22 ? 2 : 3; }

const char* WhyNoLine(const TopModel& model, const TopFacts& facts) {
  if (model.since_start().ticks == 0) {
    if (model.watched_seconds() > 0 && !model.is_waiting()) return "nothing seen yet";  // a reset
    // A wrapper that starts Python never becomes it.
    if (facts.native) return "waiting for a program";
    return facts.subprocesses ? "waiting for Python"
                              : "waiting for Python (s: in its subprocesses, too)";
  }
  if (!model.filter().is_empty()) return "nothing matches the filter (Esc shows all)";
  switch (model.shown()) {
    case ShownSamples::kOnCpu:
      return "no thread was runnable yet (i: show those that wait, too)";
    case ShownSamples::kGil:
      return "no thread has held the GIL yet (g: show all that run)";
    case ShownSamples::kException:
      return "no thread has raised or handled an exception yet";
    case ShownSamples::kAll:
      return "no thread has run Python code yet";
  }
  return "";
}

StyledLine KeyLine(const TopModel& model, const ScreenState& state, int columns) {
  std::vector<std::pair<const char*, const char*>> hints;
  if (state.is_help) {
    hints = {{"Esc", "back"}, {"Up Down", "scroll"}, {"q", "quit"}};
  } else if (model.page() == TopPage::kTree) {
    hints = {{"?", "help"},   {"q", "quit"},       {"Esc", "back"}, {"Enter", "open or close"},
             {"/", "filter"}, {"w", "flame graph"}};
  } else if (model.page() == TopPage::kRelatives) {
    hints = {{"?", "help"}, {"q", "quit"}, {"Esc", "back"}, {"Enter", "callers and callees"}};
  } else {
    hints = {{"?", "help"},
             {"q", "quit"},
             {"Enter", "callers and callees"},
             {"c", "tree"},
             {"/", "filter"},
             {"p", "pause"},
             {"a", model.is_since_start() ? "last seconds" : "since start"},
             {"L", model.style().per_line ? "functions" : "lines"},
             {"t", "threads"},
             {"i", "idle"},
             {"w", "flame graph"}};
  }
  // On every page; the way back first of all, that it is seen on a narrow screen.
  if (model.is_paused() && !state.is_help) {
    std::erase_if(hints, [](const auto& hint) { return std::string_view(hint.first) == "p"; });
    hints.insert(hints.begin() + 2, {"p", "go on"});
  }
  StyledLine line;
  for (const auto& [key, text] : hints) {
    const int width = WidthOf(key) + WidthOf(text) + 3;
    if (line.Width() + width > columns) break;
    line.Add(" ", Style::kPlain);
    line.Add(key, Style::kKey);
    line.Add(fmt::format(" {} ", text), Style::kLabel);
  }
  return line;
}

StyledLine LastLine(const TopModel& model, const TopFacts& facts, const ScreenState& state,
                    int columns, std::optional<int>& cursor) {
  StyledLine line;
  if (state.prompt) {
    const std::string_view typed = *state.prompt;
    const std::size_t at = std::min(state.prompt_at, typed.size());
    const std::string before = Harmless(typed.substr(0, at), facts.charset);
    const std::string after = Harmless(typed.substr(at), facts.charset);
    // What stands behind the cursor keeps some room, where there is not enough for all.
    const int kept = std::min(WidthOf(after), columns / 4);
    line.Add(CutStart(" Filter: " + before, columns - 1 - kept, facts.charset), Style::kMessage);
    cursor = line.Width();
    line.Add(CutEnd(after, columns - 1 - line.Width(), facts.charset), Style::kMessage);
    line.fill = Style::kMessage;
    return line;
  }
  if (!state.message.empty()) {
    const Style style = state.is_error ? Style::kError : Style::kMessage;
    const std::string text = fmt::format(" {}", Harmless(state.message, facts.charset));
    // The end of a message is a path: more than its beginning.
    line.Add(CutMiddle(text, columns, facts.charset), style);
    line.fill = style;
    return line;
  }
  return KeyLine(model, state, columns);
}

// What stands at the top so that `selected` can be seen, moving as little as possible.
std::size_t Scrolled(std::size_t first, std::size_t selected, std::size_t count, std::size_t rows) {
  if (rows == 0 || count <= rows) return 0;
  first = std::min(first, count - rows);
  if (selected < first) return selected;
  if (selected >= first + rows) return selected - rows + 1;
  return first;
}

}  // namespace

Screen ComposeScreen(const TopModel& model, const TopFacts& facts, ScreenState& state,
                     ScreenSize size) {
  const int columns = std::max(1, size.columns);
  const int rows = std::max(1, size.rows);
  Screen screen;
  screen.columns_row = -1;
  screen.lines.push_back(TitleLine(model, facts, columns));
  for (StyledLine& line : FigureLines(model, facts, columns, FigureRows(rows))) {
    screen.lines.push_back(std::move(line));
  }
  if (!state.is_help) {
    const TableColumns table(model, facts, columns);
    screen.lines.push_back(ScopeLine(model, facts, columns));
    screen.columns_row = static_cast<int>(screen.lines.size());
    screen.columns = table.Spots();
    screen.lines.push_back(table.Names());
    screen.body_row = static_cast<int>(screen.lines.size());
    screen.body_rows = std::max(0, rows - screen.body_row - 1);
    const auto body = static_cast<std::size_t>(screen.body_rows);
    state.first_line = Scrolled(state.first_line, model.selected(), model.line_count(), body);
    const std::size_t end = std::min(model.line_count(), state.first_line + body);
    for (std::size_t i = state.first_line; i < end; ++i) {
      screen.lines.push_back(table.Row(model.Line(i), i == model.selected()));
    }
    if (model.line_count() == 0) {
      screen.lines.emplace_back().Add(
          CutEnd(std::string("  ") + WhyNoLine(model, facts), columns, facts.charset),
          Style::kLabel);
    }
  } else {
    std::vector<StyledLine> help = HelpLines(columns, facts.charset);
    screen.body_row = static_cast<int>(screen.lines.size());
    screen.body_rows = std::max(0, rows - screen.body_row - 1);
    const auto body = static_cast<std::size_t>(screen.body_rows);
    state.first_help_line =
        std::min(state.first_help_line, help.size() > body ? help.size() - body : 0);
    const std::size_t end = std::min(help.size(), state.first_help_line + body);
    for (std::size_t i = state.first_help_line; i < end; ++i) {
      screen.lines.push_back(std::move(help[i]));
    }
  }
  // On a screen of very few rows the last line is worth more than those before it.
  screen.lines.resize(static_cast<std::size_t>(rows) - 1);
  screen.lines.push_back(LastLine(model, facts, state, columns, screen.cursor));
  // Only where not even the numbers of a row fit.
  for (StyledLine& line : screen.lines) line.Clip(columns, facts.charset);
  return screen;
}

std::vector<std::string> ComposePlain(const TopModel& model, const TopFacts& facts, int columns,
                                      std::size_t max_lines) {
  constexpr int kFigureLines = 8;  // as many as there may be
  std::vector<std::string> lines;
  lines.push_back(PlainTitle(model, facts, columns));
  for (const StyledLine& line : FigureLines(model, facts, columns, kFigureLines)) {
    lines.push_back(line.Text());
  }
  const TableColumns table(model, facts, columns);
  lines.push_back(ScopeLine(model, facts, columns).Text());
  lines.push_back(table.Names().Text());
  const std::size_t count = std::min(max_lines, model.line_count());
  for (std::size_t i = 0; i < count; ++i) {
    lines.push_back(table.Row(model.Line(i), false).Text());
  }
  if (model.line_count() == 0) lines.push_back(std::string("  ") + WhyNoLine(model, facts));
  return lines;
}

}  // namespace osprey
