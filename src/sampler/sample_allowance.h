// How many of the kernel's samples of a thread count.
#pragma once

#include <algorithm>

namespace osprey {

// One for each tick, or the next: the kernel goes on while Osprey misses ticks, and a thread would
// have more samples than there were ticks. Ticks come up to half a period too soon or too late, so
// that two samples and none may follow each other.
class SampleAllowance {
 public:
  void AllowOne() { allowed_ = std::min(allowed_ + 1, 2); }
  bool TakeOne() { return allowed_ > 0 && allowed_-- > 0; }

 private:
  int allowed_ = 1;
};

}  // namespace osprey
