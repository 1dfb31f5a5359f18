// Keys and touches of the mouse out of what the terminal sends.
#pragma once

#include <vector>

#include "osprey/tui/key_bindings.h"

namespace osprey {

// Tells ncurses of the sequences for the mouse and for what is pasted. To be called once the screen
// is open. (Its own support for mice goes by the name of the terminal, which inside tmux promises
// less than tmux passes on.)
void DefineMoreKeys();
// What makes a terminal report its mouse and mark what is pasted, and stop doing so: buttons (1000)
// in the form of SGR (1006), and bracketed paste (2004), as xterm's control sequences call it.
inline constexpr const char* kReportsOn = "\x1b[?1000h\x1b[?1006h\x1b[?2004h";
inline constexpr const char* kReportsOff = "\x1b[?2004l\x1b[?1006l\x1b[?1000l";

// The keys that are there; does not wait but for the rest of a sequence that has begun.
// `is_closed` when the terminal is gone.
std::vector<KeyPress> ReadKeys(bool& is_closed);

}  // namespace osprey
