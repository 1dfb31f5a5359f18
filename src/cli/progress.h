// One line on a terminal that says how the run goes; nothing anywhere else, and nothing where it
// would mix with what a command writes.
#pragma once

#include <sys/types.h>

#include <optional>

#include "osprey/base/duration.h"
#include "osprey/trace/run_figures.h"

namespace osprey {

class Progress {
 public:
  // Shows itself on standard error, and only where that is a terminal: with a `command` that Osprey
  // launched, only while its standard output and standard error lead elsewhere.
  explicit Progress(std::optional<pid_t> command);

  // Draws the line anew, four times a second at the most.
  void Show(Duration elapsed, const RunFigures& figures);
  // Wipes the line.
  void Clear();

 private:
  bool IsAlone() const;

  std::optional<pid_t> command_;
  bool is_terminal_;
  bool shown_ = false;
  Duration last_{0};
};

}  // namespace osprey
