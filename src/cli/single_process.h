// The programs of one process: a Python, and what it or a wrapper before it executes.
#pragma once

#include <string>

#include "osprey/python/known_runtimes.h"
#include "osprey/sampler/program_search.h"
#include "osprey/sampler/program_source.h"
#include "osprey/target/launched_process.h"
#include "osprey/target/live_target.h"

namespace osprey {

class SingleProcess : public ProgramSource {
 public:
  // `child` is the process when Osprey launched it: then its exec is waited for, and its status is
  // reaped. Without one, Poll gives kNotFound when the process is no Python program. Both must
  // outlive this.
  // With `with_native` the process is ready at once, to be sampled by its native stacks, and found
  // once more as soon as it is a Python.
  SingleProcess(const LiveTarget& target, LaunchedProcess* child, bool with_native = false);

  Result<Outlook> Poll(TimePoint now, std::vector<FoundProgram>& found) override;
  TimePoint PollAgainAt(TimePoint now) const override;
  void Release(const LiveTarget& target, const std::string& identity) override;

  // Why a command could not be sampled, when it is no Python that Osprey knows or may not be read;
  // else empty.
  const std::string& refusal() const { return refusal_; }

 private:
  // Leaves a child unreaped: the kernel still says of it what is asked about a run without Python.
  bool HasEnded() const;

  const LiveTarget& target_;
  LaunchedProcess* child_;
  ProgramSearch search_;
  KnownRuntimes known_;
  bool with_native_;
  bool was_sampled_ = false;
  bool is_native_ = false;  // it was found as a native program
  TimePoint waits_since_;   // zero: not begun
  TimePoint end_checked_;
  std::string refusal_;
};

}  // namespace osprey
