// The programs of one process: a Python, and what it or a wrapper before it executes.
#pragma once

#include <string>

#include "osprey/sampler/program_source.h"
#include "osprey/target/launched_process.h"
#include "osprey/target/live_target.h"

namespace osprey {

class SingleProcess : public ProgramSource {
 public:
  // `child` is the process when Osprey launched it: then its exec is waited for, and its status is
  // reaped. Without one, Poll gives kNotFound when the process is no Python program. Both must
  // outlive this.
  SingleProcess(const LiveTarget& target, LaunchedProcess* child)
      : target_(target), child_(child) {}

  Result<Outlook> Poll(TimePoint now, std::vector<FoundProgram>& found) override;
  Duration PollAgainAfter(Duration waited) const override;
  void Release(const LiveTarget& target) override;

  // What a command turned out to be in place of a Python that Osprey knows; empty when nothing.
  const std::string& unsupported() const { return unsupported_; }

 private:
  bool HasEnded();

  const LiveTarget& target_;
  LaunchedProcess* child_;
  bool is_sampled_ = false;
  bool was_sampled_ = false;
  TimePoint waits_since_;  // zero: not begun
  TimePoint end_checked_;
  std::string last_problem_;
  std::string unsupported_;
};

}  // namespace osprey
