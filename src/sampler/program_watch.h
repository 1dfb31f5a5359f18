// Whether a process still runs the program that it ran when it was first looked at.
#pragma once

#include <string>

#include "osprey/base/duration.h"
#include "osprey/sampler/tick.h"
#include "osprey/target/live_target.h"

namespace osprey {

class ProgramWatch {
 public:
  // `target` must outlive this.
  explicit ProgramWatch(const LiveTarget& target)
      : target_(target),
        mark_(target.ReadExecMark()),
        identity_(target.ProgramIdentity().value_or("")) {}

  // Looks every 100 ms, by one read where nothing has changed.
  Tick Look(TimePoint now);
  // The same at once, for when something of the program was not where it should be.
  Tick WhyGone() const;

 private:
  const LiveTarget& target_;
  ExecMark mark_;  // from before identity_
  std::string identity_;
  TimePoint looked_;
};

}  // namespace osprey
