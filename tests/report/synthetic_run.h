// Runs made up for the tests of reports: stacks written as text, and shapes that hurt.
#pragma once

#include <string>
#include <string_view>

#include "osprey/report/reporter.h"

namespace osprey::testing {

class SyntheticRun {
 public:
  SyntheticRun();
  SyntheticRun(const SyntheticRun&) = delete;

  // "function|file|line;..." from root to leaf; a frame without '|' is a marker, one whose file
  // ends in ".so" is native, one that starts with "thread " is a thread's root.
  void Add(std::string_view stack, std::uint64_t count, std::int64_t tid = 1);
  // The same for frames that the notation cannot say.
  StackId Push(StackId parent, std::string_view function, std::string_view file, std::uint32_t line,
               FrameKind kind = FrameKind::kPython);
  void Sample(StackId stack, std::uint64_t count, std::int64_t tid = 1);

  ReportInput Input() const;
  const Profile& profile() const { return profile_; }
  Timeline& timeline() { return timeline_; }
  void set_empty_reason(std::string reason) { empty_reason_ = std::move(reason); }

 private:
  StackTable stacks_;
  Profile profile_{stacks_};
  Timeline timeline_;
  RunFigures figures_;
  std::string empty_reason_;
};

// "demo", "wide" (20,000 distinct stacks), "deep" (10,000 frames), "hostile" or "empty".
// False: no such shape.
bool FillShape(std::string_view shape, SyntheticRun& run);

}  // namespace osprey::testing
