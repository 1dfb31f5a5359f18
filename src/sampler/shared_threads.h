// Thread states that belong to one thread of the operating system: one for each interpreter whose
// code it runs.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sampler/thread_sampler.h"

namespace osprey {

// One of them runs, on top of the others on the thread's stack, and they have called it. The kernel
// knows only the thread: that it runs says nothing of which.
class SharedThreads {
 public:
  // Takes note of who shares a thread. `threads` as ListThreads has them, those of the newest
  // interpreter first.
  void Find(const std::vector<std::unique_ptr<ThreadSampler>>& threads);

  // Whether it is this one that runs, if its thread does, as of the last look, number `look`: the
  // one that holds its GIL; where none does, which then is in C code, the one that held its GIL
  // last, as far as was seen, and has frames.
  bool IsOnTop(const std::vector<std::unique_ptr<ThreadSampler>>& threads, std::uint32_t thread,
               std::uint64_t look) const;

 private:
  static constexpr std::uint32_t kAlone = 0xFFFFFFFF;

  std::vector<std::uint32_t> group_of_;  // by thread
  std::vector<std::vector<std::uint32_t>> groups_;
};

}  // namespace osprey
