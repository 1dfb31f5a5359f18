// A thread's registers at one moment, on the machines that Osprey knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "osprey/base/address.h"

namespace osprey {

enum class Machine : std::uint8_t { kX64, kAarch64 };

// "x86-64", "aarch64", for messages.
const char* MachineName(Machine machine);
// The one that this program was built for.
Machine OwnMachine();

struct Registers {
  Machine machine = Machine::kX64;
  Address instruction_pointer;
  Address stack_pointer;
  Address frame_pointer;  // rbp, x29: that of the caller's frame where code is built to keep it
  // Where thread-local variables are counted from: fs_base on x86-64, TPIDR_EL0 on aarch64. On
  // x86-64 that is what pthread_self(3) returns. Null where it is not known.
  Address thread_pointer;
  // All general ones in the kernel's order: struct user_regs_struct of x86-64's sys/user.h (27
  // words from r15 to gs), struct user_pt_regs of aarch64's asm/ptrace.h (34 words: x0 to x30, sp,
  // pc, pstate).
  std::vector<std::uint64_t> general;

  // Those of a thread of which no more is known; all others are 0.
  static Registers OfPlace(Machine machine, Address instruction, Address stack);
  // How many words `general` has on `machine`.
  static std::size_t CountOn(Machine machine);
  // Sets those above that have names from `machine` and `general`, which must have all its words;
  // on aarch64 the thread pointer is not among them.
  void NameGeneral();
  // Whether they are those of a thread that is in a system call, or leaves one: on x86-64 orig_rax
  // is its number then, else -1. False on other machines, where nothing says it.
  bool IsInSystemCall() const;
};

}  // namespace osprey
