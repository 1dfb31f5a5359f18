// One line on a terminal that says how the run goes; nothing anywhere else.
#pragma once

#include "osprey/base/duration.h"
#include "osprey/trace/run_figures.h"

namespace osprey {

class Progress {
 public:
  // Shows itself on standard error, and only where that is a terminal.
  Progress();

  // Draws the line anew, four times a second at the most.
  void Show(Duration elapsed, const RunFigures& figures);
  // Wipes the line.
  void Clear();

 private:
  bool is_terminal_;
  bool shown_ = false;
  Duration last_{0};
};

}  // namespace osprey
