// Moments of one Python program's running threads, for as long as they are to be had and can be
// believed.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/python/runtime_finder.h"
#include "osprey/python/thread_list.h"
#include "osprey/target/live_target.h"
#include "osprey/target/moment_samples.h"
#include "sampler/sample_judge.h"
#include "sampler/short_copies.h"

namespace osprey {

class MomentWatch {
 public:
  // `target` and `runtime` must outlive this. Never on without permission (MomentSamples::Open),
  // for versions whose frames are objects, and at a rate below 1.
  MomentWatch(const LiveTarget& target, const Runtime& runtime, double rate_hz);

  bool is_on() const { return moments_.has_value(); }
  // Whether the thread's samples come from here while it runs.
  bool Watches(pid_t tid) const { return is_on() && watched_.contains(tid); }

  // These are all that there are. Of several states of one kernel thread nobody knows in advance
  // which will run: such a thread is not watched.
  void Follow(const std::vector<PythonThread>& threads);

  // Gives what has come since the last call; `take` says whether there was enough of the stack.
  // Turns itself off, for good, where stacks are deeper than can be copied, mostly, and where what
  // came cannot be believed.
  void Read(TimePoint now, const std::function<bool(const MomentSample&)>& take);
  void TurnOff() { moments_.reset(); }
  // How many were lost since the last call, for want of room.
  std::uint64_t TakeLost();

 private:
  struct Head {
    Address thread, interpreter;
    bool operator==(const Head&) const = default;
  };

  const Runtime& runtime_;
  std::optional<MomentSamples> moments_;
  std::map<pid_t, Head> watched_;
  SampleJudge judge_;
  ShortCopies short_;
  std::uint64_t samples_ = 0;
  std::uint64_t lost_ = 0, told_ = 0;
};

}  // namespace osprey
