// One frame of a native stack, as the walk finds it: an address, and what it is the address of.
#pragma once

#include <cstdint>

#include "osprey/base/address.h"

namespace osprey {

// The instruction that runs next, or ran when a signal came.
struct RunningInstruction {
  Address address;
};
// The instruction behind the call that a frame waits for.
struct ReturnAddress {
  Address address;
};

struct NativeFrame {
  enum class Stands : std::uint8_t { kRuns, kCalls };

  NativeFrame(RunningInstruction at, Address stack)
      : address(at.address), stack_pointer(stack), stands(Stands::kRuns) {}
  NativeFrame(ReturnAddress at, Address stack)
      : address(at.address), stack_pointer(stack), stands(Stands::kCalls) {}

  // Lies inside the instruction whose function and line the frame stands for: behind a call that
  // never returns, the next function may begin.
  Address LookupAddress() const {
    return stands == Stands::kRuns ? address : Address(address.value - 1);
  }

  Address address;
  Address stack_pointer;  // when the frame runs: the stack below it is its callees'
  Stands stands;
};

}  // namespace osprey
