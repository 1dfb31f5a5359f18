// What code that no unwind table describes has done to the stack, read from its instructions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "osprey/base/address.h"
#include "osprey/native/unwind_tables.h"
#include "osprey/target/memory.h"

namespace osprey {

// Where a function's caller's registers are. Registers have their DWARF numbers (System V ABI,
// AMD64, figure 3.36), as in libunwind.
struct FrameLayout {
  struct Saved {
    int number;
    std::int64_t at;  // bytes from the caller's stack pointer
  };
  int base = 0;            // the register that the caller's stack pointer is counted from
  std::int64_t above = 0;  // by how many bytes it is above that; the return address lies below it
  std::vector<Saved> saved;
};

// Reads x86-64 code as compilers and people write it: what a function saves and how far it moves
// its stack pointer stands before its first jump or call, and the rest of it leaves both alone; a
// few last instructions take it back. What is read is a guess, to be held against the stack.
class FrameLayouts {
 public:
  FrameLayouts();
  FrameLayouts(const FrameLayouts&) = delete;
  FrameLayouts& operator=(const FrameLayouts&) = delete;
  ~FrameLayouts();

  // How to return from `address` in `function`, the likeliest first; empty where the code says
  // nothing. `runs`: the instruction at `address` is the next, no return address.
  const std::vector<FrameLayout>& Find(const Memory& memory, CodeRange function, Address address,
                                       bool runs);
  void Forget() { known_.clear(); }

 private:
  struct Disassembler;

  std::unique_ptr<Disassembler> disassembler_;
  std::unordered_map<Address, std::vector<FrameLayout>> known_;  // by twice the address, and `runs`
};

}  // namespace osprey
