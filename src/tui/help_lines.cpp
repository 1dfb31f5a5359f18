#include "tui/help_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "osprey/tui/key_bindings.h"

namespace osprey {
namespace {

constexpr const char* kMeanings[] = {
    "%Self    of the wall clock, in the function itself; 100% is one thread all the time",
    "%Total   in the function and all that it calls; a recursive one counts once",
    "Self     seconds in the function itself, since the start or the last reset",
    "Total    seconds in the function and all that it calls, likewise",
};

constexpr const char* kWords[] = {
    "runnable a thread that runs on a CPU or waits for a free one: what is busy may have more than "
    "the CPU figure above, which is of the time on CPUs alone",
    "missed   looks at the program that were due while Osprey got no CPU, or was not done yet",
};

// Adds `text` in as many lines as it needs, each indented so that it begins behind the keys.
void AddWrapped(std::vector<StyledLine>& lines, std::string_view text, int indent, int columns,
                Charset charset) {
  const int room = std::max(8, columns - indent);
  bool is_first = true;
  while (!text.empty()) {
    std::size_t length = text.size();
    if (static_cast<int>(length) > room) {
      length = text.rfind(' ', static_cast<std::size_t>(room));
      if (length == std::string_view::npos || length == 0) length = static_cast<std::size_t>(room);
    }
    if (!is_first) {
      lines.emplace_back().Add(std::string(static_cast<std::size_t>(indent), ' '), Style::kPlain);
    }
    lines.back().Add(CutEnd(text.substr(0, length), room, charset), Style::kPlain);
    text.remove_prefix(std::min(text.size(), length + 1));
    is_first = false;
  }
}

}  // namespace

std::vector<StyledLine> HelpLines(int columns, Charset charset) {
  std::vector<StyledLine> lines(1);
  lines.back().Add(CutEnd(" Keys", columns, charset), Style::kHeading);
  // As wide as the keys are, where the screen is wide enough.
  const int keys = columns >= 60 ? 28 : 10;
  for (const KeyHelp& help : HelpOnKeys()) {
    StyledLine& line = lines.emplace_back();
    line.Add(fmt::format(" {}", help.keys), Style::kKey);
    const int width = line.Width() + 1;
    if (width > keys) {  // too long a name stands alone
      lines.emplace_back().Add(std::string(static_cast<std::size_t>(keys), ' '), Style::kPlain);
    } else {
      line.Add(std::string(static_cast<std::size_t>(keys - width + 1), ' '), Style::kPlain);
    }
    AddWrapped(lines, help.text, keys, columns, charset);
  }
  lines.emplace_back();
  lines.emplace_back().Add(CutEnd(" Columns", columns, charset), Style::kHeading);
  for (const char* meaning : kMeanings) {
    lines.emplace_back().Add(" ", Style::kPlain);
    AddWrapped(lines, meaning, 10, columns, charset);
  }
  lines.emplace_back();
  lines.emplace_back().Add(CutEnd(" Words", columns, charset), Style::kHeading);
  for (const char* meaning : kWords) {
    lines.emplace_back().Add(" ", Style::kPlain);
    AddWrapped(lines, meaning, 10, columns, charset);
  }
  return lines;
}

}  // namespace osprey
