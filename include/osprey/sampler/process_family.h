// Finds the programs of a process and of all who descend from it, beside the sampling.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "osprey/base/error.h"
#include "osprey/python/known_runtimes.h"
#include "osprey/sampler/program_source.h"
#include "osprey/target/process_tree.h"

namespace osprey {

// A thread of its own looks for processes and for the interpreters in them, since that takes up to
// some milliseconds at a time; Poll only takes over what it has found.
//
// The thread walks the family when a process was started anywhere on the machine, which it asks
// every millisecond, and every 100 ms; but it spends no more than a fifth of its time on walks, so
// that a family of a thousand is walked about four times a second.
class ProcessFamily : public ProgramSource {
 public:
  // A member that cannot be sampled.
  struct Refusal {
    pid_t pid = 0;
    Error error;
  };

  // Begins to look. With `launched`, `root` is a child of ours, and OrphanAdoption should live as
  // long as this. Without, Poll fails when nobody in the family is a Python program. kIo when there
  // can be no thread.
  //
  // With `with_native` the root is found at once, and everybody else after some 20 ms (helpers of a
  // shell live for less), to be sampled by their native stacks; and found once more when they are a
  // Python.
  static Result<std::unique_ptr<ProcessFamily>> Start(pid_t root, bool launched, bool with_native,
                                                      ChildSearch search = AvailableChildSearch());
  ~ProcessFamily() override;

  Result<Outlook> Poll(TimePoint now, std::vector<FoundProgram>& found) override;
  TimePoint PollAgainAt(TimePoint now) const override;
  void Release(const LiveTarget& target, const std::string& identity) override;

  // Those since the last call, each process at most once.
  std::vector<Refusal> TakeRefusals();

 private:
  struct Member;
  struct Released {
    pid_t pid = 0;
    std::uint64_t start_time = 0;
    std::string identity;
  };

  ProcessFamily(pid_t root, bool launched, bool with_native, ChildSearch search);
  void Run(const std::stop_token& stop);
  void Walk(TimePoint now);
  // Returns when the next one is due.
  TimePoint LookAtAll(TimePoint now);
  void LookAt(pid_t pid, Member& member, TimePoint now);
  // Gives the member's program as one to be sampled by its native stacks, once.
  void GiveNative(pid_t pid, Member& member, TimePoint now);
  void Give(FoundProgram program);
  bool TakeReleased(TimePoint now);
  void Publish(TimePoint now);
  Outlook OutlookAt(TimePoint now) const;
  std::optional<Error> WhyNothing(TimePoint now) const;

  const pid_t root_;
  const bool launched_;
  const bool with_native_;

  // The thread's own.
  ProcessTree tree_;
  KnownRuntimes known_;
  std::map<pid_t, std::unique_ptr<Member>> members_;
  TimePoint started_;
  TimePoint walked_;
  TimePoint next_walk_;  // not before: walks have had their share
  TimePoint root_checked_;
  int walks_without_root_ = 0;
  bool found_any_ = false;
  std::optional<Error> root_problem_;

  // Shared, under the mutex but for the flag that says that there is something new.
  std::atomic<bool> has_news_ = false;
  std::mutex mutex_;
  std::vector<FoundProgram> found_;
  std::vector<Refusal> refusals_;
  std::vector<Released> released_;
  Outlook outlook_ = Outlook::kMore;
  std::optional<Error> error_;

  Outlook polled_ = Outlook::kMore;  // the caller's own
  std::jthread thread_;              // last, since it uses all of the above
};

}  // namespace osprey
