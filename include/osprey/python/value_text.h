// Any object of the target as text, as Python's own repr() writes it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "osprey/python/layout.h"
#include "osprey/target/memory.h"

namespace osprey {

class ValueTypes;

// How much is shown. What lies beyond is written as `...`.
struct ValueLimits {
  int depth = 6;                 // containers inside one another; at most 100
  std::size_t items = 50;        // of one container
  std::size_t characters = 120;  // of one str or bytes object, and digits of an int
  // Bytes of the whole text: a line and a half of a terminal. Once it is that long no further item
  // is begun; what is open is closed, so that it may become longer by some bytes for each container
  // around, and by the name of a function or a class.
  std::size_t text = 140;
};

// Numbers, strings, containers, functions, classes, modules, exceptions and the like as they are;
// an array of numpy by its shape and dtype; every other object as object.__repr__ does, by type
// and address, and where its class derives from a built-in one with that value: the target's own
// code never runs. `[...]` is a list that is in itself, and `...` what is not shown. Characters
// that a later Unicode than ours (15.0) brought are escaped.
//
// Never fails: what cannot be read, or is no object, becomes `<unreadable at 0x...>`. At most 8 MiB
// of the target's memory are read for one text, whatever sizes it claims.
class ValueText {
 public:
  ValueText(const Memory& memory, const Layout& layout, const ValueLimits& limits);
  ~ValueText();

  // UTF-8 on one line. Remembers the types it meets, by their address: not for several threads at
  // a time, nor for longer than they stay what they are. `is_over` is asked now and then while
  // memory is read; once it says so the rest is `...`.
  std::string Of(Address object, const std::function<bool()>& is_over = {}) const;

 private:
  const Memory& memory_;
  const Layout& layout_;
  ValueLimits limits_;
  std::unique_ptr<ValueTypes> types_;
};

}  // namespace osprey
