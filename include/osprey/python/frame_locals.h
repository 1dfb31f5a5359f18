// The variables of a frame, and what lies on its value stack.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "osprey/python/objects.h"
#include "osprey/python/raw_frame.h"

namespace osprey {

struct LocalVariable {
  std::string name;
  Address value;
  bool is_argument = false;
};

// What a frame has pushed, from bottom to top.
struct ValueStack {
  std::vector<Address> objects;  // null where there is none, and for what is no object
  // How many of them, from the bottom, are surely on it: those that the innermost handler of an
  // exception would find there. A `with` statement's __exit__ is among them exactly while its body
  // runs: neither yet while the lock is waited for, nor any more while it is let go.
  std::size_t guarded = 0;
  // Whether `objects` are those on the stack and no others. Until 3.13 a frame that executes does
  // not say how high its stack is: then `objects` are all that it has room for, and those above
  // the top are left from before: their memory may hold anything by now.
  bool is_exact = false;
};

// Reads the frames that a walk has found, of a target that is paused, a core file, or one that
// runs: then what is read may be of different moments. Nothing that it returns is known to be an
// object: ValueText, LockObjects and ObjectReader find out.
class FrameLocals {
 public:
  FrameLocals(const Memory& memory, const Layout& layout)
      : memory_(memory), layout_(layout), objects_(memory, layout) {}

  // Its variables that have a value, as its locals() would: of a function the arguments first, in
  // the order of its signature's co_varnames, then its other local variables, those that inner
  // functions share, and those of the outer ones; cells are looked into. Of a module or a class
  // what its namespace holds beside names like __this__, and modules: a dict, else nothing. At
  // most 1000. Errors of reading where nothing could be read, kMalformed.
  Result<std::vector<LocalVariable>> Read(const RawFrame& frame) const;

  // kUnreadable and kMalformed where the code object or the frame are none any more.
  Result<ValueStack> ReadStack(const RawFrame& frame) const;

 private:
  struct Slot {
    std::string name;
    bool is_argument = false;
    bool may_be_cell = false;
    Address value;
  };
  Result<std::vector<Slot>> ReadSlots(const RawFrame& frame) const;
  Result<std::vector<Slot>> NameSlots(Address code) const;
  Result<std::vector<Slot>> NameOldSlots(Address code) const;
  Result<std::size_t> CountSlots(Address code) const;
  Result<std::size_t> CountArguments(Address code) const;
  Result<std::vector<LocalVariable>> ReadNamespace(Address frame) const;
  // The names in a tuple of them; at most 8192.
  Result<std::vector<std::string>> ReadNames(Address tuple) const;
  Result<std::size_t> CountItems(Address tuple) const;
  // `count` of the frame's references from `first` on.
  Result<std::vector<Address>> ReadReferences(Address first, std::size_t count) const;
  // What a cell holds; `object` itself where that is none.
  Address LookIntoCell(Address object) const;
  // How many objects are on the stack; kNotFound where the frame does not say.
  Result<std::size_t> ReadDepth(Address frame, std::size_t slots) const;
  Result<std::size_t> ReadGuarded(const RawFrame& frame) const;

  const Memory& memory_;
  const Layout& layout_;
  ObjectReader objects_;
};

}  // namespace osprey
