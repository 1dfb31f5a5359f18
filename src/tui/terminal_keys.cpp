#include "tui/terminal_keys.h"

#include <curses.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace osprey {
namespace {

// Numbers that ncurses gives to no key.
constexpr int kSgrMouse = KEY_MAX + 1;
constexpr int kOldMouse = KEY_MAX + 2;
constexpr int kPasteBegin = KEY_MAX + 3;
constexpr int kPasteEnd = KEY_MAX + 4;
constexpr int kKeyMax = 2000;  // in one go: a whole page pasted by mistake must not stop the screen

// The next character of a sequence that has begun; none when it does not come in time.
std::optional<wint_t> NextOfSequence() {
  constexpr int kMilliseconds = 50;
  ::wtimeout(stdscr, kMilliseconds);
  wint_t character = 0;
  const int what = ::wget_wch(stdscr, &character);
  ::nodelay(stdscr, TRUE);
  if (what != OK) return std::nullopt;
  return character;
}

// Bits of a button's number: 0 the left one, 64 and 65 the wheel; 32 for a movement, 4 to 16 for
// keys held at the same time (xterm's control sequences, "Mouse Tracking").
KeyPress MousePress(int button, int column, int row, bool is_release) {
  KeyPress key;
  key.column = column - 1;
  key.row = row - 1;
  if (is_release || (button & 32) != 0) return key;
  const int plain = button & ~(4 | 8 | 16);
  if (plain == 0) key.kind = KeyPress::Kind::kClick;
  if (plain == 64) key.kind = KeyPress::Kind::kWheelUp;
  if (plain == 65) key.kind = KeyPress::Kind::kWheelDown;
  return key;
}

// "BUTTON;COLUMN;ROW" and M for a press or m for a release.
KeyPress ReadSgrMouse() {
  std::array<int, 3> numbers{};
  std::size_t at = 0;
  for (int read = 0; read < 32; ++read) {  // three numbers of few digits
    const auto character = NextOfSequence();
    if (!character) return {};
    if (*character >= '0' && *character <= '9') {
      numbers[at] = std::min(numbers[at] * 10 + static_cast<int>(*character - '0'), 100'000);
    } else if (*character == ';' && at + 1 < numbers.size()) {
      ++at;
    } else if (*character == 'M' || *character == 'm') {
      return MousePress(numbers[0], numbers[1], numbers[2], *character == 'm');
    } else {
      return {};
    }
  }
  return {};
}

// Three characters, each 32 more than its number.
KeyPress ReadOldMouse() {
  std::array<int, 3> numbers{};
  for (int& number : numbers) {
    const auto character = NextOfSequence();
    if (!character || *character < 32) return {};
    number = static_cast<int>(*character) - 32;
  }
  const bool is_release = (numbers[0] & 3) == 3 && (numbers[0] & 64) == 0;
  return MousePress(numbers[0], numbers[1], numbers[2], is_release);
}

KeyPress KeyOfCode(wint_t code) {
  switch (static_cast<int>(code)) {
    case KEY_UP:
      return {KeyPress::Kind::kUp};
    case KEY_DOWN:
      return {KeyPress::Kind::kDown};
    case KEY_LEFT:
      return {KeyPress::Kind::kLeft};
    case KEY_RIGHT:
      return {KeyPress::Kind::kRight};
    case KEY_PPAGE:
      return {KeyPress::Kind::kPageUp};
    case KEY_NPAGE:
      return {KeyPress::Kind::kPageDown};
    case KEY_HOME:
      return {KeyPress::Kind::kHome};
    case KEY_END:
      return {KeyPress::Kind::kEnd};
    case KEY_ENTER:
      return {KeyPress::Kind::kEnter};
    case KEY_BACKSPACE:
      return {KeyPress::Kind::kBackspace};
    case kSgrMouse:
      return ReadSgrMouse();
    case kOldMouse:
      return ReadOldMouse();
    case kPasteBegin:
      return {KeyPress::Kind::kPasteBegin};
    case kPasteEnd:
      return {KeyPress::Kind::kPasteEnd};
    default:
      return {};
  }
}

KeyPress KeyOfCharacter(wint_t character) {
  switch (character) {
    case '\r':
    case '\n':
      return {KeyPress::Kind::kEnter};
    case 0x1B:
      return {KeyPress::Kind::kEscape};
    case 0x08:
    case 0x7F:
      return {KeyPress::Kind::kBackspace};
    default:
      return {KeyPress::Kind::kCharacter, static_cast<char32_t>(character)};
  }
}

}  // namespace

void DefineMoreKeys() {
  ::define_key("\x1b[<", kSgrMouse);
  ::define_key("\x1b[M", kOldMouse);
  ::define_key("\x1b[200~", kPasteBegin);
  ::define_key("\x1b[201~", kPasteEnd);
}

std::vector<KeyPress> ReadKeys(bool& is_closed) {
  std::vector<KeyPress> keys;
  is_closed = false;
  for (int i = 0; i < kKeyMax; ++i) {
    wint_t code = 0;
    const int what = ::wget_wch(stdscr, &code);
    if (what == ERR) {
      // Nothing there, or nobody: a terminal that has hung up is always readable.
      pollfd input{STDIN_FILENO, POLLIN, 0};
      if (keys.empty() && ::poll(&input, 1, 0) == 1 && (input.revents & (POLLHUP | POLLERR)) != 0) {
        is_closed = true;
      }
      break;
    }
    if (what == KEY_CODE_YES && code == KEY_RESIZE) continue;
    keys.push_back(what == KEY_CODE_YES ? KeyOfCode(code) : KeyOfCharacter(code));
  }
  return keys;
}

}  // namespace osprey
