// What was seen of one thread at one moment, and who wants to know.
#pragma once

#include <cstdint>

#include "osprey/base/duration.h"
#include "osprey/trace/ids.h"

namespace osprey {

// What a thread was doing. The bits are independent of each other.
struct ThreadState {
  bool on_cpu = false;  // runs or is ready to run; else it waits in the kernel
  bool holds_gil = false;
  bool waits_for_gil = false;

  bool operator==(const ThreadState&) const = default;
};

struct Sample {
  TimePoint time;
  std::int32_t pid = 0;  // as seen from here
  std::int64_t tid = 0;  // the kernel's thread id where known, else the interpreter's own
  ThreadState state;
  StackId stack;
  bool cut = false;  // a part of the stack, leaf or root, is known to be missing
  // The stack of a task that waits, not of the thread whose loop will run it: one moment may have
  // many of them, in no order.
  bool is_waiting_task = false;
};

// Takes every sample that counts; called from the sampling thread, in the order of time.
class SampleSink {
 public:
  virtual ~SampleSink() = default;
  virtual void OnSample(const Sample& sample) = 0;
};

}  // namespace osprey
