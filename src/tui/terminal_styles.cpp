#include "tui/terminal_styles.h"

#include <curses.h>

#include <cstddef>

namespace osprey {
namespace {

struct Look {
  Style style;
  short foreground;  // -1: the terminal's own
  short background;
  unsigned attributes;  // with colours
  unsigned without;     // without
};

constexpr Look kLooks[] = {
    {Style::kPlain, -1, -1, A_NORMAL, A_NORMAL},
    {Style::kTitle, COLOR_WHITE, COLOR_BLUE, A_BOLD, A_BOLD},
    {Style::kLabel, COLOR_CYAN, -1, A_NORMAL, A_NORMAL},
    {Style::kValue, -1, -1, A_BOLD, A_BOLD},
    {Style::kAlert, COLOR_YELLOW, -1, A_BOLD, A_BOLD | A_UNDERLINE},
    {Style::kGraph, COLOR_GREEN, -1, A_NORMAL, A_NORMAL},
    {Style::kColumns, COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_REVERSE},
    {Style::kSortedColumn, COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE | A_BOLD},
    {Style::kHot, COLOR_RED, -1, A_BOLD, A_BOLD},
    {Style::kWarm, COLOR_YELLOW, -1, A_NORMAL, A_BOLD},
    {Style::kMild, COLOR_GREEN, -1, A_NORMAL, A_NORMAL},
    {Style::kCool, -1, -1, A_DIM, A_DIM},
    {Style::kFunction, -1, -1, A_BOLD, A_BOLD},
    {Style::kPlace, COLOR_CYAN, -1, A_NORMAL, A_NORMAL},
    {Style::kRoot, COLOR_MAGENTA, -1, A_NORMAL, A_NORMAL},
    {Style::kHeading, COLOR_YELLOW, -1, A_BOLD, A_BOLD | A_UNDERLINE},
    {Style::kSelected, COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE},
    {Style::kKey, COLOR_GREEN, -1, A_BOLD, A_BOLD},
    {Style::kMessage, COLOR_BLACK, COLOR_YELLOW, A_NORMAL, A_REVERSE},
    {Style::kError, COLOR_WHITE, COLOR_RED, A_BOLD, A_REVERSE | A_BOLD},
};

}  // namespace

TerminalStyles::TerminalStyles(bool colours) {
  if (colours) {
    ::start_color();
    ::use_default_colors();
  }
  short pair = 1;
  for (const Look& look : kLooks) {
    unsigned& attributes = attributes_[static_cast<std::size_t>(look.style)];
    attributes = colours ? look.attributes : look.without;
    if (!colours || (look.foreground == -1 && look.background == -1)) continue;
    // A terminal may have too few pairs: then text is plain.
    if (pair >= COLOR_PAIRS || ::init_pair(pair, look.foreground, look.background) == ERR) continue;
    attributes |= static_cast<unsigned>(COLOR_PAIR(pair));
    ++pair;
  }
}

}  // namespace osprey
