// Whether a thread has an exception: one that is being raised, or one that is being handled.
#pragma once

#include <cstddef>

#include "osprey/base/address.h"
#include "osprey/python/layout.h"
#include "osprey/python/objects.h"
#include "osprey/target/memory.h"

namespace osprey {

class ExceptionReader {
 public:
  ExceptionReader(const Memory& memory, const Layout& layout)
      : memory_(memory), layout_(layout), objects_(memory, layout) {}

  // `state` is a copy of the thread state at `thread`, of ThreadStateBytes(layout) bytes. Where the
  // thread runs generators, what they handle is read from the target: one read each, at most 64.
  bool HasException(Address thread, const std::byte* state);

 private:
  // Nothing is NULL or None: CPython has had both.
  bool IsException(Address object);

  const Memory& memory_;
  const Layout& layout_;
  ObjectReader objects_;
  Address none_;  // Py_None, once it was met
};

}  // namespace osprey
