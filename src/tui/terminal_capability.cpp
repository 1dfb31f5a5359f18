#include "tui/terminal_capability.h"

// term.h makes macros of such words as `lines` and `columns`: it is included nowhere else.
#include <curses.h>
#include <term.h>
#include <unistd.h>

#include <cstring>

namespace osprey {

std::string Capability(const char* name) {
  const char* text = ::tigetstr(const_cast<char*>(name));  // it is not written to
  if (text == nullptr || text == reinterpret_cast<const char*>(-1)) return {};
  std::string bytes;
  // "$<20/>" in it asks for a pause that no terminal of this century needs.
  for (const char* c = text; *c != '\0'; ++c) {
    if (c[0] == '$' && c[1] == '<') {
      const char* end = std::strchr(c, '>');
      if (end == nullptr) break;
      c = end;
      continue;
    }
    bytes += *c;
  }
  return bytes;
}

bool HasScreen(const char* terminal) {
  int error = 0;
  if (::setupterm(terminal, STDOUT_FILENO, &error) != OK) return false;
  const bool has_screen = !Capability("cup").empty() && !Capability("clear").empty();
  ::del_curterm(cur_term);
  return has_screen;
}

}  // namespace osprey
