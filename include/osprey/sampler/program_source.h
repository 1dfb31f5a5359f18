// Where the programs to sample come from: one process, or a whole family of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/base/result.h"
#include "osprey/python/runtime_finder.h"
#include "osprey/target/live_target.h"

namespace osprey {

// A process in which a program is ready to be sampled.
struct FoundProgram {
  LiveTarget target;
  std::optional<Runtime> runtime;  // of Python; none: by its native stacks alone
  // LiveTarget::ProgramIdentity from before the runtime was found: when it is another by now, the
  // runtime is that of a program that is gone.
  std::string identity;
};

class ProgramSource {
 public:
  enum class Outlook {
    kMore,       // it goes on
    kSurvivors,  // the command or the attached process has ended, others of its family go on
    kNoMore,     // nobody is left to wait for
  };
  virtual ~ProgramSource() = default;

  // Adds what has become ready since the last call; does not wait. An error when there will never
  // be a program, in the words that the user reads.
  virtual Result<Outlook> Poll(TimePoint now, std::vector<FoundProgram>& found) = 0;
  // When to call it again while nothing is sampled, after the call at `now`.
  virtual TimePoint PollAgainAt(TimePoint now) const = 0;
  // The program of `target` that was found with this identity is sampled no more: it has ended, or
  // the process executes another one, which may have been found already.
  virtual void Release(const LiveTarget& target, const std::string& identity) = 0;
};

}  // namespace osprey
