// Parses what the kernel writes into the ring buffer of perf events.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "osprey/base/duration.h"
#include "osprey/target/registers.h"

namespace osprey {

struct PerfSample {
  pid_t pid = 0;
  pid_t tid = 0;
  TimePoint time;
  // Those of user mode, also where the thread was in the kernel. The thread pointer is not among
  // them, nor what has no word of its own in asm/perf_regs.h: these are 0.
  Registers registers;
  bool in_kernel = false;
  // From the stack pointer on; lies in what is parsed.
  std::span<const std::byte> stack;
};

// That a thread which is sampled has made another, which is sampled too.
struct PerfBirth {
  pid_t pid = 0;
  pid_t tid = 0;
};

struct PerfRecords {
  std::function<void(const PerfSample&)> sample;
  std::function<void(const PerfBirth&)> birth;
  std::uint64_t lost = 0;     // records for which there was no room
  std::uint64_t strange = 0;  // records that are not what they should be, and samples without
                              // registers
};

// Calls the functions of `records`, which may be empty, for each whole record in `bytes`, as
// perf_event_open(2) says they are laid out for the attributes that PerfSamples asks for, and
// counts. Returns how many bytes those had: all up to the last that is whole, or all where a size
// makes no sense, since nobody knows where the next would begin.
std::size_t ParsePerfRecords(std::span<const std::byte> bytes, PerfRecords& records);

// sample_regs_user of the attributes: a bit for each register of asm/perf_regs.h.
std::uint64_t PerfRegisterMask(Machine machine);

}  // namespace osprey
