// Who awaits a task, until 3.13: nothing says so, but what is called when the task is done leads
// there.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "osprey/python/object_kinds.h"
#include "osprey/python/planned_reads.h"

namespace osprey {

struct Awaiter {
  Address task;    // null: the callback wakes up no task
  Address awaits;  // the future that it has to wait for if this is true; null: the callback's own
  bool waits = true;  // false: a task group's task, which need not wait yet

  bool operator==(const Awaiter&) const = default;
};

class AwaiterReader {
 public:
  AwaiterReader(const Memory& memory, const Layout& layout, ObjectKinds& kinds)
      : memory_(memory), layout_(layout), kinds_(kinds), objects_(memory, layout) {}

  // How much of a future ReadCallbacks looks at.
  std::size_t future_size() const { return layout_.pyobject.size + 4 * sizeof(Address); }
  // Adds the callbacks of the future copied at `future`, at most 64 of them, to `callbacks`.
  void ReadCallbacks(PlanReader& reader, const std::byte* future, std::vector<Address>& callbacks);

  // The task that `callback` wakes up: the task's own method; a task group's; or a function that
  // holds a future for whose end a task waits, as those of gather, wait, shield and wait_for do.
  // Worth nothing when `reader` is_missing() afterwards.
  Awaiter Read(PlanReader& reader, Address callback);

 private:
  struct Step {
    Address callback;
    Address future;  // whose callback it is; null: the first one's
  };

  ObjectKind KindAt(PlanReader& reader, Address object);
  // The items of a tuple of at most 32.
  std::vector<Address> ReadTuple(PlanReader& reader, Address tuple);
  // The callbacks of `object` become steps if it is a future that is no task.
  void AddFuture(PlanReader& reader, Address object, std::vector<Step>& steps);
  bool IsWakeup(Address method_def);
  Address ReadParentTask(PlanReader& reader, Address group);

  const Memory& memory_;
  const Layout& layout_;
  ObjectKinds& kinds_;
  ObjectReader objects_;
  std::unordered_map<Address, bool> wakeups_;                 // by PyMethodDef
  std::unordered_map<Address, std::uint64_t> parent_places_;  // by type of the group
};

}  // namespace osprey
