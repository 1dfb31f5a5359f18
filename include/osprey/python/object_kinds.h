// Tells the objects apart that asyncio's tasks are linked by.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "osprey/python/objects.h"

namespace osprey {

enum class ObjectKind : std::uint8_t {
  kOther,
  kStr,
  kInt,
  kCoroutine,     // coroutine, generator, asynchronous generator: they begin alike
  kAwaitWrapper,  // its first member is what is awaited in its place
  kFuture,        // _asyncio.Future or a class derived from it, but no task
  kTask,          // _asyncio.Task or a class derived from it
  kTaskWakeup,    // what a task leaves with the future that it awaits, until 3.9
  kBuiltin,       // the same from 3.10 on, and other methods written in C
  kMethod,
  kFunction,
  kPartial,
  kTaskGroup,  // asyncio.TaskGroup
};

// Looks at a type once, by its name and those of its bases, and remembers it by its address.
class ObjectKinds {
 public:
  ObjectKinds(const Memory& memory, const Layout& layout)
      : memory_(memory), layout_(layout), objects_(memory, layout) {}

  // The kind of the instances of `type`; kOther for what is none or cannot be read.
  ObjectKind Of(Address type) {
    const auto found = kinds_.find(type);
    return found != kinds_.end() ? found->second : Learn(type);
  }

 private:
  ObjectKind Learn(Address type);

  const Memory& memory_;
  const Layout& layout_;
  ObjectReader objects_;
  std::unordered_map<Address, ObjectKind> kinds_;
};

}  // namespace osprey
