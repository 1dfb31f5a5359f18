// Where an interpreter keeps asyncio's tasks: those that run, and all that are not done.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "osprey/python/objects.h"
#include "osprey/python/planned_reads.h"

namespace osprey {

// Of one interpreter. What it gives are addresses that were read from the target and may be stale
// or worse: TaskGraph finds out.
class AsyncioTasks {
 public:
  AsyncioTasks(const Memory& memory, const Layout& layout, Address interpreter)
      : memory_(memory),
        layout_(layout),
        objects_(memory, layout),
        interpreter_(interpreter),
        reads_(memory) {}

  // Looks for asyncio in the interpreter's modules. False while it is not imported. To be called
  // again from time to time: while the module is being imported other objects stand in its place.
  bool Find();

  // The tasks that run at this moment: in any thread until 3.13, in `thread_state` from then on.
  // At most 256.
  void ReadRunning(Address thread_state, std::vector<Address>& tasks);
  // All tasks that are not done, at most 262144; from 3.14 on those of `thread_state`, or those
  // that no thread has any more where it is null.
  void ReadAll(Address thread_state, std::vector<Address>& tasks);

 private:
  bool FindModule();
  Address FindSet(Address module_dict, const char* name);
  void ReadCurrentTasks(PlanReader& reader, std::vector<Address>& tasks);
  enum class Keys { kTasks, kWeakReferences };
  void ReadSet(PlanReader& reader, Address set, Keys keys, std::vector<Address>& tasks);
  void WalkList(Address head, std::vector<Address>& tasks);

  const Memory& memory_;
  const Layout& layout_;
  ObjectReader objects_;
  Address interpreter_;
  PlannedReads reads_;
  Address module_dict_;
  Address current_tasks_;            // a dict, {loop: task}
  Address all_tasks_, eager_tasks_;  // sets: of weak references, of tasks
  ReadPlan current_plan_, all_plan_, eager_plan_;
  std::unordered_map<Address, std::vector<Address>> known_nodes_;  // by list, as of last time
  SnapshotMemory links_;                                           // theirs
  std::unordered_map<Address, std::size_t> link_of_;               // node -> index in links_
};

}  // namespace osprey
