// Reads the stacks of all threads of a Python program once, and who waits for whom.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>

#include "osprey/base/result.h"
#include "osprey/python/runtime_finder.h"
#include "osprey/python/variable_texts.h"
#include "osprey/sampler/kernel_threads.h"
#include "osprey/target/memory.h"
#include "osprey/trace/thread_dump.h"

namespace osprey {

class NativeDumper;

struct DumpOptions {
  std::optional<VariableLimits> variables;  // with the values of arguments and locals, within these
  bool stands_still = false;                // the memory cannot change meanwhile
  NativeDumper* native = nullptr;           // where native frames are wanted as well
};

// Fills the dump's threads, waits and deadlocks, and its tables. The memory may be that of a
// process that runs meanwhile: then a stack is true by itself, but others may be of another moment,
// and values may be torn. Threads that only the kernel knows come last, without a stack. kNotFound
// before the interpreter has started; kNoSuchProcess when the process is gone.
Result<void> DumpThreads(const Memory& memory, Runtime runtime,
                         std::span<const KernelThread> kernel_threads, const DumpOptions& options,
                         ThreadDump& dump);

// The same of a process without Python: what the kernel knows of its threads, and native frames.
void DumpNativeThreads(std::span<const KernelThread> kernel_threads, const DumpOptions& options,
                       ThreadDump& dump);

// Takes back that threads wait which have been seen to do something while the process, which was
// not stopped, was read; `tids` are theirs.
void DropWaits(std::span<const pid_t> tids, ThreadDump& dump);

}  // namespace osprey
