#include "osprey/tui/key_bindings.h"

#include <algorithm>
#include <array>

namespace osprey {
namespace {

struct Binding {
  char32_t character;
  TopAction action;
};

constexpr char32_t kControlL = 0x0C;

constexpr std::array kCharacters = {
    Binding{'q', TopAction::kQuit},
    Binding{'Q', TopAction::kQuit},
    Binding{'?', TopAction::kHelp},
    Binding{'h', TopAction::kHelp},
    Binding{'1', TopAction::kSortSelfPercent},
    Binding{'2', TopAction::kSortTotalPercent},
    Binding{'3', TopAction::kSortSelf},
    Binding{'4', TopAction::kSortTotal},
    Binding{'<', TopAction::kSortLeft},
    Binding{'>', TopAction::kSortRight},
    Binding{'l', TopAction::kLines},
    Binding{'L', TopAction::kLines},
    Binding{'r', TopAction::kReset},
    Binding{'R', TopAction::kReset},
    Binding{'p', TopAction::kPause},
    Binding{' ', TopAction::kPause},
    Binding{'/', TopAction::kFilter},
    Binding{'t', TopAction::kThreads},
    Binding{'s', TopAction::kSubprocesses},
    Binding{'g', TopAction::kGil},
    Binding{'i', TopAction::kIdle},
    Binding{'n', TopAction::kNative},
    Binding{'a', TopAction::kScope},
    Binding{'c', TopAction::kTree},
    Binding{'w', TopAction::kWrite},
    Binding{kControlL, TopAction::kRedraw},
};

struct Special {
  KeyPress::Kind kind;
  TopAction action;
};

constexpr std::array kSpecials = {
    Special{KeyPress::Kind::kUp, TopAction::kUp},
    Special{KeyPress::Kind::kDown, TopAction::kDown},
    Special{KeyPress::Kind::kLeft, TopAction::kLeft},
    Special{KeyPress::Kind::kRight, TopAction::kRight},
    Special{KeyPress::Kind::kPageUp, TopAction::kPageUp},
    Special{KeyPress::Kind::kPageDown, TopAction::kPageDown},
    Special{KeyPress::Kind::kHome, TopAction::kHome},
    Special{KeyPress::Kind::kEnd, TopAction::kEnd},
    Special{KeyPress::Kind::kEnter, TopAction::kEnter},
    Special{KeyPress::Kind::kEscape, TopAction::kBack},
    Special{KeyPress::Kind::kBackspace, TopAction::kBack},
};

constexpr std::array kHelp = {
    KeyHelp{"1 2 3 4", "sort by %Self, %Total, Self, Total; again: the other way round"},
    KeyHelp{"< >", "sort by the column to the left or right"},
    KeyHelp{"a", "percentages of the last seconds, or of all the time since the start"},
    KeyHelp{"L", "a row for every line, or for every function"},
    KeyHelp{"t", "rows and tree by thread"},
    KeyHelp{"s", "subprocesses too"},
    KeyHelp{"i", "threads that wait, too"},
    KeyHelp{"g", "only threads that hold the GIL"},
    KeyHelp{"n", "native frames, too: C, C++, Rust"},
    KeyHelp{"/", "show what matches a regular expression; an empty one shows all"},
    KeyHelp{"Enter", "callers and callees of the selected function"},
    KeyHelp{"c", "call tree; Enter, Left and Right open and close"},
    KeyHelp{"w", "write a flame graph of what was seen so far"},
    KeyHelp{"p Space", "pause: the table stands still, and counts on unseen"},
    KeyHelp{"R", "reset: forget what was seen"},
    KeyHelp{"Up Down PgUp PgDn Home End", "select and scroll; so does the mouse"},
    KeyHelp{"Ctrl-L", "draw the screen anew"},
    KeyHelp{"Esc", "back"},
    KeyHelp{"? q", "help, quit"},
};

}  // namespace

TopAction ActionOf(const KeyPress& key) {
  if (key.kind == KeyPress::Kind::kCharacter) {
    const auto* found = std::find_if(kCharacters.begin(), kCharacters.end(), [&](const Binding& b) {
      return b.character == key.character;
    });
    return found == kCharacters.end() ? TopAction::kNone : found->action;
  }
  const auto* found = std::find_if(kSpecials.begin(), kSpecials.end(),
                                   [&](const Special& s) { return s.kind == key.kind; });
  return found == kSpecials.end() ? TopAction::kNone : found->action;
}

std::span<const KeyHelp> HelpOnKeys() { return kHelp; }

}  // namespace osprey
