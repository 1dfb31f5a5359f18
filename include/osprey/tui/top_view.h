// Draws a screen on a terminal and reads its keys, by ncurses.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "osprey/base/result.h"
#include "osprey/tui/key_bindings.h"
#include "osprey/tui/top_screen.h"

namespace osprey {

// While it lives, the terminal of standard input and output is ours: another screen, no echo, keys
// one by one, the mouse. It is as it was before when this ends, on a crash too.
class TopView {
 public:
  // Whether standard input and output are one terminal, and one on which a cursor can be moved.
  static bool IsPossible();
  // kUnsupported when terminfo does not know the terminal.
  static Result<std::unique_ptr<TopView>> Open();
  ~TopView();
  TopView(const TopView&) = delete;
  TopView& operator=(const TopView&) = delete;

  ScreenSize size() const;
  void Draw(const Screen& screen);
  // Draws all of it anew the next time: somebody else wrote to the terminal.
  void ForgetScreen();
  // The terminal has another size.
  void Resize();
  // The keys that have come since the last call; does not wait. `is_closed` when there will be none
  // any more: the terminal is gone.
  std::vector<KeyPress> TakeKeys(bool& is_closed);
  // Gives the terminal back for a while (Ctrl-Z), and takes it again.
  void Suspend();
  void Resume();

 private:
  struct Terminal;
  explicit TopView(std::unique_ptr<Terminal> terminal);
  void DrawLine(int row, int columns, const StyledLine& line);
  std::unique_ptr<Terminal> terminal_;
  std::vector<StyledLine> drawn_;  // what each row shows; none: not known
};

}  // namespace osprey
