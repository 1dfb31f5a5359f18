// Takes one task apart: its name, where its coroutine waits, and what leads to who awaits it.
#pragma once

#include <vector>

#include "python/await_chain.h"
#include "python/task_awaiters.h"

namespace osprey {

class TaskParser {
 public:
  TaskParser(const Layout& layout, CodeCache& codes, ObjectKinds& kinds, AwaiterReader& awaiters)
      : layout_(layout), kinds_(kinds), awaiters_(awaiters), chains_(layout, codes, kinds) {}

  // Fills all of `task` but the version; kGone for what is no task. Worth nothing when `reader`
  // is_missing() afterwards.
  void Read(PlanReader& reader, Address at, Task& task);

 private:
  // At most 256 code points; empty where it cannot be read.
  void ParseName(PlanReader& reader, Address name, Task& task);
  // The objects of a set, the 8 with the lowest addresses.
  void ParseSet(PlanReader& reader, Address set, std::vector<Address>& objects);

  const Layout& layout_;
  ObjectKinds& kinds_;
  AwaiterReader& awaiters_;
  AwaitChainReader chains_;
};

}  // namespace osprey
