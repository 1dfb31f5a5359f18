#include "cli/why_empty.h"

namespace osprey {

std::string WhyEmpty(Session::End end, const std::string& refusal, bool has_left_out_children,
                     bool any_program, const RunFigures& figures, SampleMode mode) {
  if (end == Session::End::kNoPython && !refusal.empty()) return refusal;
  if (end == Session::End::kNoPython) {
    return std::string(any_program ? "the program ended before it could be sampled"
                                   : "no Python interpreter was ready before the end") +
           (has_left_out_children
                ? "; the command started other processes: -s (--subprocesses) profiles them too"
                : "");
  }
  if (!figures.native.problem.empty()) return figures.native.problem;
  if (figures.ticks == 0) return "the program ended before the first sample";
  if (mode == SampleMode::kCpu && !figures.native.capture.empty()) {
    return "no thread was on a CPU while it was watched; --idle also counts threads that wait";
  }
  if (mode == SampleMode::kCpu) {
    return "no thread ran Python code on a CPU while it was watched; --idle also counts threads "
           "that wait";
  }
  if (mode == SampleMode::kGil) return "no thread held the GIL while it was watched";
  if (mode == SampleMode::kException) {
    return "no thread raised or handled an exception while it was watched";
  }
  return "no thread ran Python code while it was watched";
}

}  // namespace osprey
