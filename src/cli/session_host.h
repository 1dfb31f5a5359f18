// What a session asks of whoever runs it, and tells them.
#pragma once

#include <string_view>

#include "osprey/base/duration.h"
#include "osprey/trace/run_figures.h"

namespace osprey {

// All calls come from the thread that runs the session, and none may keep it waiting.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  // Why to stop now: the number of a signal, or 0 to go on. Asked fifty times a second.
  virtual int StopAsked() = 0;
  // The run as it stands, each time the session has woken up; `elapsed` since the first tick.
  virtual void Show(TimePoint now, Duration elapsed, const RunFigures& figures) = 0;
  // Nothing is there to sample: no program is Python yet, or none is any more. Asked for as often
  // as the session looks for one.
  virtual void ShowWait(TimePoint, const RunFigures&) {}
  // The command or process has ended, but others of its family go on; said once.
  virtual void SaySurvivors() = 0;
};

}  // namespace osprey
