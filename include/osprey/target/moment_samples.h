// All that tells where a running thread is, native and otherwise, copied by the kernel in one
// moment without stopping it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "osprey/base/address.h"
#include "osprey/base/duration.h"
#include "osprey/base/result.h"
#include "osprey/target/memory_piece.h"
#include "osprey/target/moment_memory.h"
#include "osprey/target/registers.h"

namespace osprey {

// How a thread's frames hang together in its memory, from a structure of its own on: its head. All
// are bytes.
struct LinkedFrames {
  std::uint32_t head_bytes = 0;          // so much of it is copied; at most 512
  std::uint32_t top = 0;                 // where in it the address of the top frame stands,
  std::optional<std::uint32_t> via_top;  // or that of a structure which has it there
  std::uint32_t frame_bytes = 0;         // so much of each frame is copied; at most 96
  std::uint32_t previous = 0;            // where in a frame the address of the one below stands
  std::uint32_t chunk = 0;               // in the head, the address of the newest chunk of memory
                                         // for frames; each begins with the address of the next
};

struct MomentSample {
  pid_t tid = 0;
  TimePoint time;
  Registers registers;  // as PerfSample's
  bool in_kernel = false;
  // From less than a page below the stack pointer on (code may use what lies there, too), 128 KiB
  // at most. Where there is more, the later half of that is what lies where the thread began, as
  // far as that is to be known. Pages that are not in memory, as those that were never used, are
  // missing.
  std::span<const MemoryPiece> stack;
  bool is_watched = false;
  // Whether the head, its chunks and all frames were copied. If so `memory` has them, and the
  // stack.
  bool is_whole = false;
  const MomentMemory* memory = nullptr;
};

// perf_event_open(2) for the moment, as PerfSamples has it, and a program that the kernel runs then
// (bpf(2), BPF_PROG_TYPE_PERF_EVENT): while a thread runs on its processor it copies the thread's
// user registers, up to 128 KiB of its stack and up to 256 frames. Nothing is written into the
// target, and nothing is left when this ends or Osprey is killed.
class MomentSamples {
 public:
  // Samples all threads of `pid` from now on, `rate_hz` times (1 to 100,000) for each second that
  // they run. Without `frames` there is nothing to watch. kNotPermitted without CAP_BPF and
  // CAP_PERFMON, kUnsupported before Linux 5.15 and on other machines than x86-64, kInvalidArgument
  // for what is out of bounds, kIo when there are 32 already; else as PerfSamples::Open.
  static Result<MomentSamples> Open(pid_t pid, double rate_hz,
                                    const std::optional<LinkedFrames>& frames);
  MomentSamples(MomentSamples&&) noexcept;
  MomentSamples& operator=(MomentSamples&&) noexcept;
  ~MomentSamples();

  // From now on samples of thread `tid` have its frames, too: its head is at `head`. The eight
  // bytes at `word`, if that is not null, are copied with each.
  Result<void> Watch(pid_t tid, Address head, Address word);
  void Forget(pid_t tid);

  // Gives all that has come since the last call, in the order of time. What a sample points at
  // holds until `sink` returns. There is room for some ten samples of each processor.
  void Read(const std::function<void(const MomentSample&)>& sink);

  // Samples for which there was no room.
  std::uint64_t lost() const;

 private:
  struct Impl;
  explicit MomentSamples(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace osprey
