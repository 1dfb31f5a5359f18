// Registers and stacks of running threads, taken by the kernel without stopping them.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "osprey/base/result.h"
#include "osprey/base/unique_fd.h"
#include "osprey/target/perf_records.h"

namespace osprey {

// perf_event_open(2): an interrupt copies them when a thread has run for another period, by the
// kernel's own clock (PERF_COUNT_SW_TASK_CLOCK), which every machine has. Threads that are born are
// followed. A thread is sampled for the first time after a whole period: one that lives for less is
// never seen, and a program that makes such threads all the time may not be seen at all (new
// threads and their maker exchange what they have counted: perf_event_context_sched_out of Linux).
// Nothing of it is left when this ends or Osprey is killed.
class PerfSamples {
 public:
  struct Options {
    double rate_hz = 1000;              // of the time that a thread runs; from 1 to 100,000
    std::uint32_t stack_bytes = 16384;  // per sample: a multiple of 8, at most 65,000
    // Per processor; a power of two of pages. With a page more this is what the kernel lets
    // everybody lock (perf_event_mlock_kb). 31 samples of 16 KiB fit.
    std::size_t ring_bytes = 524288;
    // A program that the kernel runs in place of each sample (bpf(2), BPF_PROG_TYPE_PERF_EVENT), by
    // its descriptor; -1: none.
    int program = -1;
  };

  // Whether the kernel would let us: opens such an event of thread `tid` and closes it.
  // kNotPermitted with what would help, kUnsupported where the kernel has none of that (also some
  // containers), kNoSuchProcess.
  static Result<void> Probe(pid_t tid);

  // Samples all threads of `pid` from now on. Errors as Probe; kInvalidArgument for options out of
  // bounds, kIo when there are too many threads for the descriptors that a process may have: a
  // thread takes one for each processor.
  static Result<PerfSamples> Open(pid_t pid, const Options& options);
  PerfSamples(PerfSamples&&) noexcept;
  PerfSamples& operator=(PerfSamples&&) noexcept;
  ~PerfSamples();

  // Gives all that has come since the last call; for each processor in turn, so that the times are
  // not in order. To be called before the rings are full.
  void Read(const std::function<void(const PerfSample&)>& sink);

  // Samples that there was no room for, as far as the kernel has said so.
  std::uint64_t lost() const;
  // Records that were not understood.
  std::uint64_t strange() const;
  // False where perf_event_paranoid is above 1 and we have no CAP_PERFMON: then a thread is not
  // sampled while it is in the kernel.
  bool sees_kernel() const;

 private:
  struct Impl;
  explicit PerfSamples(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace osprey
