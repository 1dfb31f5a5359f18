// The stack of a thread that was taken while it slept: it stays what it is until the thread runs.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "osprey/sampler/taken_stack.h"
#include "osprey/target/run_count.h"

namespace osprey {

class SleptStack {
 public:
  SleptStack(pid_t pid, pid_t tid) : pid_(pid), tid_(tid) {}

  // What was kept, if the thread has not run since; one system call.
  std::optional<TakenStack> Find() {
    if (!kept_) return std::nullopt;
    const auto runs = runs_->Read();
    // To be stopped it was woken up, and went to sleep again.
    if (!settled_) settled_ = runs;
    if (runs && runs == settled_) return kept_;
    kept_.reset();
    return std::nullopt;
  }
  // The same without asking.
  const std::optional<TakenStack>& kept() const { return kept_; }
  // `slept` says whether it was taken without waking the thread up, since Begin.
  void Keep(TakenStack taken, bool slept) {
    kept_ = taken;
    settled_ = slept ? begun_ : std::nullopt;
  }

  // A stack is about to be taken of the thread while it sleeps.
  void Begin() {
    if (!runs_) runs_.emplace(pid_, tid_);
    begun_ = runs_->Read();
  }
  // Whether the thread has slept ever since.
  bool SleepsOn() const { return begun_ && runs_->Read() == begun_; }

 private:
  pid_t pid_, tid_;
  std::optional<RunCount> runs_;  // none before something was kept
  std::optional<TakenStack> kept_;
  std::optional<std::uint64_t> begun_;    // the count at Begin
  std::optional<std::uint64_t> settled_;  // the count when it slept again
};

}  // namespace osprey
