// One process, and the search for a Python program in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "osprey/base/duration.h"
#include "osprey/python/known_runtimes.h"
#include "osprey/sampler/program_source.h"
#include "osprey/target/live_target.h"

namespace osprey {

// How often a process is looked at, by its age: the time since it came or executed something. What
// happens next is seen with a delay that is small against what went before.
struct SearchPace {
  int looks;  // the next look comes after the age divided by this, 0.3 ms at least
  Duration longest_pause;
  int searches;  // what has mapped memory since is searched after the age divided by this
  Duration longest_search_pause;
};

class ProgramSearch {
 public:
  enum class Outcome {
    kNotYet,   // no Python, or none yet: look again when it is due
    kReady,    // Take gives the program
    kRefused,  // it cannot be read, or is a Python that is not known: problem() says which
    kEnded,
  };

  // With `own_threads_only` no program is ready whose threads are all another process's
  // (sampler/own_threads.h).
  ProgramSearch(pid_t pid, std::uint64_t start_time, TimePoint now, const SearchPace& pace,
                bool own_threads_only)
      : pid_(pid),
        start_time_(start_time),
        pace_(pace),
        own_threads_only_(own_threads_only),
        since_(now),
        due_(now),
        search_at_(now) {}

  // When to look again: at once, and then ever more rarely.
  TimePoint due() const { return due_; }
  // Whether a Python may be about to start in it.
  bool IsYoung(TimePoint now) const;

  Outcome Look(TimePoint now, KnownRuntimes& known);
  // After kReady.
  FoundProgram Take();
  // Instead, when the last look found no Python: what the process runs, to be sampled by its native
  // stacks. None until it has run that for so long; and, for a while longer, none of a process that
  // was forked from a Python: there it takes a moment until the interpreter has noticed.
  std::optional<FoundProgram> WithoutPython(TimePoint now, Duration age) const;
  // The program that was taken is sampled no more.
  void Release(TimePoint now);
  bool is_taken() const { return taken_; }
  // LiveTarget::ProgramIdentity at the last look; empty before the first.
  const std::string& identity() const { return identity_; }
  // Of the last kRefused.
  const Error& problem() const { return *problem_; }

 private:
  bool OpenTarget();
  // The pause that is one of so many parts of the process's age.
  Duration PartOfAge(TimePoint now, int parts, Duration longest) const;
  // Something has changed: the next search comes earlier.
  void SearchEarlier(TimePoint now);
  void FindProgram(TimePoint now, KnownRuntimes& known);
  bool IsReady(TimePoint now);

  pid_t pid_;
  std::uint64_t start_time_;
  SearchPace pace_;
  bool own_threads_only_;
  TimePoint since_;  // it came, or executed something
  TimePoint due_;
  TimePoint search_at_;  // for its memory map, which costs more than the rest
  TimePoint searched_;
  std::uint64_t pages_ = 0;  // that it had mapped at the last look
  std::optional<LiveTarget> target_;
  std::string identity_;
  std::optional<Runtime> runtime_;
  std::optional<Error> problem_;
  bool taken_ = false;
  bool is_fork_ = false;  // its interpreter's threads are all its parent's
};

}  // namespace osprey
