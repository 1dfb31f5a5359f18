#include "tui/scope_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "osprey/tui/figure_text.h"

namespace osprey {
namespace {

// What goes first where there is no room for all.
enum class Rank { kTimes, kUsual, kWhole, kScope, kChosen, kPause, kFilter };

struct ScopeItem {
  Rank rank;
  std::string label;
  std::string value;
  std::string brief;  // in place of both; empty: there is no shorter form
  Style style = Style::kValue;

  int Width() const { return WidthOf(label) + WidthOf(value); }
};

ScopeItem ShownItem(ShownSamples shown) {
  switch (shown) {
    case ShownSamples::kOnCpu:
      return {Rank::kUsual, "", "runnable", ""};
    case ShownSamples::kAll:
      return {Rank::kChosen, "", "idle too", "idle"};
    case ShownSamples::kGil:
      return {Rank::kChosen, "", "GIL only", "GIL"};
    case ShownSamples::kException:
      return {Rank::kChosen, "", "exceptions", "exc."};
  }
  return {Rank::kUsual, "", "", ""};
}

ScopeItem PercentItem(const TopModel& model) {
  const double seconds = model.scope().seconds;
  if (model.is_since_start()) {
    const std::string time = ElapsedText(seconds);
    return {Rank::kScope, "% of ", time + " since the start", "% of " + time};
  }
  return {Rank::kScope, "% of ", fmt::format("the last {:.1f} s", seconds),
          fmt::format("% of {:.1f} s", seconds)};
}

std::vector<ScopeItem> ItemsOf(const TopModel& model, const TopFacts& facts, int columns) {
  std::vector<ScopeItem> items;
  if (model.is_paused()) items.push_back({Rank::kPause, "", "PAUSED", "", Style::kAlert});
  items.push_back(PercentItem(model));
  // Each task that waits is counted as a thread is, however few threads there are.
  const bool has_tasks = facts.has_waiting_tasks;
  items.push_back({Rank::kWhole,
                   has_tasks ? "100% = one thread or waiting task" : "100% = one thread", "", ""});
  if (!model.filter().is_empty()) {
    const std::string shown = Harmless(model.filter().expression(), facts.charset, 1000);
    const int room = std::max(8, columns / 3);
    const std::string cut = fmt::format("/{}/", CutEnd(shown, room, facts.charset));
    items.push_back({Rank::kFilter, "filter ", cut, cut, Style::kAlert});
  }
  items.push_back(ShownItem(model.shown()));
  items.push_back({Rank::kUsual, "", model.style().per_line ? "by line" : "by function", ""});
  if (model.style().per_thread) items.push_back({Rank::kChosen, "", "by thread", "threads"});
  if (facts.subprocesses) items.push_back({Rank::kUsual, "", "subprocesses", ""});
  if (facts.native) items.push_back({Rank::kUsual, "", "native", ""});
  if (!model.is_since_start()) {
    const std::string time = ElapsedText(model.since_start().seconds);
    items.push_back({Rank::kTimes, "times of ", time + " since the start", ""});
  }
  return items;
}

int WidthOfAll(const std::vector<ScopeItem>& items) {
  int width = 1;
  for (const ScopeItem& item : items) width += item.Width() + (&item == items.data() ? 0 : 2);
  return width;
}

// What explains goes first; then all is put in few words before more is left out.
std::pair<int, Rank> TurnOf(const ScopeItem& item) {
  const int round = item.rank < Rank::kScope ? 0 : item.brief.empty() ? 2 : 1;
  return {round, item.rank};
}

// Shortens the last of those that matter least, or leaves it out.
void GiveWay(std::vector<ScopeItem>& items) {
  auto least = items.begin();
  for (auto item = items.begin(); item != items.end(); ++item) {
    if (TurnOf(*item) <= TurnOf(*least)) least = item;
  }
  if (least->brief.empty()) {
    items.erase(least);
    return;
  }
  least->label.clear();
  least->value = std::exchange(least->brief, "");
}

}  // namespace

StyledLine ScopeLine(const TopModel& model, const TopFacts& facts, int columns) {
  std::vector<ScopeItem> items = ItemsOf(model, facts, columns);
  while (items.size() > 1 && WidthOfAll(items) > columns) GiveWay(items);
  StyledLine line;
  line.Add(" ", Style::kPlain);
  for (ScopeItem& item : items) {
    if (line.spans.size() > 1) line.Add(", ", Style::kLabel);
    if (!item.label.empty()) line.Add(std::move(item.label), Style::kLabel);
    if (!item.value.empty()) line.Add(std::move(item.value), item.style);
  }
  return line;
}

}  // namespace osprey
