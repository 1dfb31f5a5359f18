// Which key does what in `osprey top`: one table for doing it and for the help.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace osprey {

// A key or a touch of the mouse, whatever the terminal sent for it.
struct KeyPress {
  enum class Kind : std::uint8_t {
    kCharacter,
    kUp,
    kDown,
    kLeft,
    kRight,
    kPageUp,
    kPageDown,
    kHome,
    kEnd,
    kEnter,
    kEscape,
    kBackspace,
    kClick,
    kWheelUp,
    kWheelDown,
    kPasteBegin,  // what comes until the end of it was pasted, and is no keys
    kPasteEnd,
    kOther,
  };
  Kind kind = Kind::kOther;
  char32_t character = 0;  // of a kCharacter
  int column = 0;          // of the mouse, from 0, as the row
  int row = 0;
};

enum class TopAction : std::uint8_t {
  kNone,
  kQuit,
  kBack,
  kHelp,
  kSortSelfPercent,
  kSortTotalPercent,
  kSortSelf,
  kSortTotal,
  kSortLeft,
  kSortRight,
  kLines,
  kReset,
  kPause,
  kFilter,
  kThreads,
  kSubprocesses,
  kGil,
  kIdle,
  kNative,
  kScope,
  kEnter,
  kTree,
  kWrite,
  kRedraw,
  kUp,
  kDown,
  kLeft,
  kRight,
  kPageUp,
  kPageDown,
  kHome,
  kEnd,
};

// What a key means while nothing is typed.
TopAction ActionOf(const KeyPress& key);

struct KeyHelp {
  const char* keys;
  const char* text;
};
// In the order in which they are to be shown.
std::span<const KeyHelp> HelpOnKeys();

}  // namespace osprey
