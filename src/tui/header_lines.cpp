#include "tui/header_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "osprey/tui/figure_text.h"

namespace osprey {
namespace {

constexpr int kGap = 3;      // columns between two figures
constexpr int kNarrow = 64;  // below it, one line has room for two or three figures

// Spans that belong together: shown whole or not at all.
using Item = std::vector<StyledLine::Span>;

int WidthOfItem(const Item& item) {
  int width = 0;
  for (const StyledLine::Span& span : item) width += WidthOf(span.text);
  return width;
}

Style LoadStyle(double percent) {
  return percent >= 90 ? Style::kHot : percent >= 50 ? Style::kWarm : Style::kValue;
}

void AddProcessor(std::vector<Item>& items, const UsageHistory::Usage& usage, int columns) {
  if (!usage.user_percent || !usage.system_percent) return;
  const double all = *usage.user_percent + *usage.system_percent;
  Item item{{"CPU ", Style::kLabel}, {fmt::format("{:.0f}%", all), LoadStyle(all)}};
  if (columns >= kNarrow) {
    item.push_back(
        {fmt::format(" (user {:.0f}, system {:.0f})", *usage.user_percent, *usage.system_percent),
         Style::kLabel});
  }
  items.push_back(std::move(item));
}

void AddThreads(std::vector<Item>& items, const TopModel& model) {
  const Seen::Sums& recent = model.recent();
  // Threads without an exception were not looked for.
  if (recent.ticks == 0 || model.is_waiting() || model.shown() == ShownSamples::kException) return;
  const double ticks = recent.whole_ticks();
  const double gil = 100 * static_cast<double>(recent.holds_gil) / ticks;
  // Builds that need no GIL have a version that ends in t: there, all threads that run Python code
  // count as its holders.
  const bool has_gil = !model.figures().python_version.ends_with('t');
  items.push_back({{has_gil ? "GIL held " : "in Python code ", Style::kLabel},
                   {fmt::format("{:.0f}%", gil), has_gil ? LoadStyle(gil) : Style::kValue}});
  items.push_back({{"threads ", Style::kLabel},
                   {MeanText(static_cast<double>(recent.on_cpu) / ticks), Style::kValue},
                   {" runnable of ", Style::kLabel},
                   {MeanText(static_cast<double>(recent.threads) / ticks), Style::kValue}});
}

void AddRate(std::vector<Item>& items, const TopModel& model) {
  const Seen::Sums& recent = model.recent();
  if (recent.sampled_seconds() <= 0 || model.is_waiting()) return;
  Item item{
      {HertzText(static_cast<double>(recent.ticks) / recent.sampled_seconds()), Style::kValue}};
  if (model.missed_ticks() > 0) {
    item.push_back({" missed ", Style::kLabel});
    item.push_back(
        {WholeText(model.missed_ticks()) + (model.missed_ticks() == 1 ? " tick" : " ticks"),
         recent.missed > 0 ? Style::kAlert : Style::kValue});
  }
  items.push_back(std::move(item));
}

void AddMemory(std::vector<Item>& items, const TopModel& model, const UsageHistory::Usage& usage,
               int columns, Charset charset) {
  if (!usage.resident_bytes) return;
  const int graph = std::clamp(columns / 5, 8, 60);
  items.push_back({{"RSS ", Style::kLabel},
                   {MemoryText(*usage.resident_bytes), Style::kValue},
                   {" ", Style::kLabel},
                   {GraphText(model.usage().resident_trend(), graph, charset), Style::kGraph}});
}

void AddFaultsAndBytes(std::vector<Item>& items, const UsageHistory::Usage& usage) {
  if (usage.minor_faults && usage.major_faults) {
    Item item{{"page faults ", Style::kLabel},
              {CountText(*usage.minor_faults + *usage.major_faults) + "/s", Style::kValue}};
    if (*usage.major_faults > 0) {
      item.push_back({" of them from disk ", Style::kLabel});
      item.push_back({CountText(*usage.major_faults) + "/s", Style::kAlert});
    }
    items.push_back(std::move(item));
  }
  if (usage.read_bytes && usage.written_bytes) {
    items.push_back({{"read ", Style::kLabel},
                     {BytesText(*usage.read_bytes) + "/s", Style::kValue},
                     {" written ", Style::kLabel},
                     {BytesText(*usage.written_bytes) + "/s", Style::kValue}});
  }
}

std::string WhoAndWhen(const TopModel& model, const TopFacts& facts, int columns) {
  std::string text = fmt::format("pid {}", facts.pid);
  // Where there is little room the command's name says more.
  if (columns >= kNarrow && !model.figures().python_version.empty() && !model.is_waiting()) {
    text += "  Python " + Harmless(model.figures().python_version, facts.charset, 100);
  }
  return text + "  " + ElapsedText(model.watched_seconds());
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// The command in at most `room` columns: where it is too long, the interpreter and its options go
// before the script's name and its arguments do.
std::string CutCommand(const std::string& command, int room, Charset charset) {
  if (WidthOf(command) <= room) return command;
  std::string_view rest = command;
  std::string_view before;  // the word before
  for (std::size_t start = 0; start < command.size();) {
    const std::size_t end = std::min(command.find(' ', start), command.size());
    const std::string_view word = std::string_view(command).substr(start, end - start);
    if (word.ends_with(".py") || before == "-m") {
      rest = std::string_view(command).substr(start);
      break;
    }
    before = word;
    start = end + 1;
  }
  const std::size_t end = std::min(rest.find(' '), rest.size());
  return CutEnd(std::string(BaseName(rest.substr(0, end))).append(rest.substr(end)), room, charset);
}

}  // namespace

StyledLine TitleLine(const TopModel& model, const TopFacts& facts, int columns) {
  const std::string right =
      CutStart(WhoAndWhen(model, facts, columns) + " ", columns, facts.charset);
  const int left = columns - WidthOf(right);
  const std::string command = Harmless(facts.command, facts.charset);
  StyledLine line;
  line.fill = Style::kTitle;
  if (left > 0) {
    line.Add(PadRight(fmt::format(" {}", CutCommand(command, left - 2, facts.charset)), left),
             Style::kTitle);
  }
  line.Add(right, Style::kTitle);
  return line;
}

std::string PlainTitle(const TopModel& model, const TopFacts& facts, int columns) {
  const std::string who = WhoAndWhen(model, facts, columns);
  const std::string command = Harmless(facts.command, facts.charset);
  return fmt::format(" {}  {}", CutCommand(command, columns - WidthOf(who) - 3, facts.charset),
                     who);
}

std::vector<StyledLine> FigureLines(const TopModel& model, const TopFacts& facts, int columns,
                                    int max_lines) {
  const UsageHistory::Usage usage = model.usage().Latest();
  std::vector<Item> items;
  if (model.is_waiting()) {
    const char* what =
        facts.is_over ? "no Python program any more" : "no Python program now: waiting";
    items.push_back({{what, Style::kAlert}});
  }
  AddProcessor(items, usage, columns);
  AddThreads(items, model);
  AddRate(items, model);
  AddMemory(items, model, usage, columns, facts.charset);
  if (facts.subprocesses) {
    items.push_back({{fmt::format("{}", model.pids().size()), Style::kValue},
                     {model.pids().size() == 1 ? " process" : " processes", Style::kLabel}});
  }
  AddFaultsAndBytes(items, usage);

  std::vector<StyledLine> lines(1);
  lines[0].Add(" ", Style::kPlain);
  for (Item& item : items) {
    // What explains a figure is the first to go: all behind the second span.
    if (WidthOfItem(item) + 1 > columns && item.size() > 2) item.resize(2);
    const bool is_first = lines.back().spans.size() == 1;
    const int width = WidthOfItem(item) + (is_first ? 0 : kGap);
    if (lines.back().Width() + width > columns) {
      if (static_cast<int>(lines.size()) == max_lines) continue;
      lines.emplace_back().Add(" ", Style::kPlain);
    } else if (!is_first) {
      lines.back().Add(std::string(kGap, ' '), Style::kPlain);
    }
    for (StyledLine::Span& span : item) lines.back().Add(std::move(span.text), span.style);
  }
  return lines;
}

}  // namespace osprey
