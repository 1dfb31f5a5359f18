// What terminfo knows of the terminal.
#pragma once

#include <string>

namespace osprey {

// Whether a cursor can be moved, and the screen cleared, on a terminal of that name.
bool HasScreen(const char* terminal);
// A capability that is a string without parameters (terminfo(5)), of the terminal that is open;
// empty where it has none.
std::string Capability(const char* name);

}  // namespace osprey
