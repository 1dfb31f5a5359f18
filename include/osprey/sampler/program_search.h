// One process of a family, and the search for a Python program in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "osprey/base/duration.h"
#include "osprey/python/known_runtimes.h"
#include "osprey/sampler/program_source.h"
#include "osprey/target/live_target.h"

namespace osprey {

class ProgramSearch {
 public:
  enum class Outcome {
    kNotYet,   // no Python, or none yet: look again when it is due
    kReady,    // Take gives the program
    kRefused,  // it cannot be read, or is a Python that is not known: problem() says which
    kEnded,
  };

  ProgramSearch(pid_t pid, std::uint64_t start_time, TimePoint now)
      : pid_(pid), start_time_(start_time), since_(now), due_(now), search_at_(now) {}

  // When to look again: at once and then ever more rarely, from the last time that the process
  // came or executed something. A young one is looked at every 0.3 ms, so that a program is seen
  // from its start, an old one every 50 ms, in case that it executes a Python.
  TimePoint due() const { return due_; }
  // Whether a Python may be about to start in it.
  bool IsYoung(TimePoint now) const;

  Outcome Look(TimePoint now, KnownRuntimes& known);
  // After kReady.
  FoundProgram Take();
  // The program that was taken is sampled no more.
  void Release(TimePoint now);
  bool is_taken() const { return taken_; }
  // Of the last kRefused.
  const Error& problem() const { return *problem_; }

 private:
  bool OpenTarget();
  void FindProgram(TimePoint now, KnownRuntimes& known);
  bool IsReady();

  pid_t pid_;
  std::uint64_t start_time_;
  TimePoint since_;  // it came, or executed something
  TimePoint due_;
  TimePoint search_at_;  // for its memory map, which costs more than the rest
  std::optional<LiveTarget> target_;
  std::string identity_;
  std::optional<Runtime> runtime_;
  std::optional<Error> problem_;
  bool taken_ = false;
};

}  // namespace osprey
