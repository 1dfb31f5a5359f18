// Where CPython 3.10 and earlier have the frame object of an evaluation on the C stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "osprey/base/address.h"

namespace osprey {

// Bytes of a thread's stack as they were when its frames were walked.
struct StackBytes {
  Address start;
  std::span<const std::byte> bytes;

  // None where it lies outside.
  std::optional<std::uint64_t> WordAt(Address address) const;
};

// The evaluation function needs the frame object that it was called for up to its end, and
// compilers keep such an argument in one place of the function's part of the stack. Which place is
// learned from stacks whose frames are as many on both sides: it is the one in which all of them
// have theirs. A compiler that keeps it in a register leaves no such place.
class FrameSlot {
 public:
  struct Pair {
    Address start, end;  // the evaluation's part of the stack
    Address frame;       // the frame object that it runs
  };

  // From the pairs of one stack.
  void Learn(std::span<const Pair> pairs, const StackBytes& stack);
  bool is_learned() const { return !candidates_.empty() && seen_.size() >= kSure; }
  // Whether an evaluation whose part ends at `end` runs `frame`. Only once it is learned.
  bool Holds(Address end, Address frame, const StackBytes& stack) const;

 private:
  static constexpr std::size_t kSure = 8;       // frame objects that were found in the same place
  static constexpr std::uint64_t kPart = 1024;  // bytes; none of a known build has 512
  static constexpr int kTries = 4;  // one stack may have been walked in an unlucky moment

  std::vector<std::uint64_t> candidates_;  // distances down from the end of the part
  std::vector<Address> seen_;
  int tries_ = 0;
};

}  // namespace osprey
