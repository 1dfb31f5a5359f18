// Keys and touches of the mouse out of what the terminal sends.
#pragma once

#include <vector>

#include "osprey/tui/key_bindings.h"

namespace osprey {

// Tells ncurses of the mouse's sequences. To be called once the screen is open. (Its own support
// for mice goes by the name of the terminal, which inside tmux promises less than tmux passes on.)
void DefineMouseKeys();
// What makes a terminal report its mouse, and stop doing so: buttons (1000) in the form of SGR
// (1006), as xterm's control sequences call it.
inline constexpr const char* kMouseOn = "\x1b[?1000h\x1b[?1006h";
inline constexpr const char* kMouseOff = "\x1b[?1006l\x1b[?1000l";

// The keys that are there; does not wait but for the rest of a sequence that has begun.
// `is_closed` when the terminal is gone.
std::vector<KeyPress> ReadKeys(bool& is_closed);

}  // namespace osprey
