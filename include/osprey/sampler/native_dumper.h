// Native frames of threads that stand still, or of a core file's, for a dump.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "osprey/base/result.h"
#include "osprey/native/code_frames.h"
#include "osprey/native/function_ranges.h"
#include "osprey/native/native_modules.h"
#include "osprey/native/stack_copy.h"
#include "osprey/native/unwinder.h"
#include "osprey/python/raw_frame.h"
#include "osprey/python/runtime_finder.h"
#include "osprey/sampler/evaluation_frames.h"
#include "osprey/sampler/kernel_threads.h"
#include "osprey/sampler/stack_merger.h"
#include "osprey/target/target.h"
#include "osprey/trace/thread_dump.h"

namespace osprey {

class NativeDumper {
 public:
  using RegistersOf = std::function<std::optional<Registers>(const KernelThread&)>;

  // Of `target`, whose threads' registers `registers_of` knows, into the tables of `dump`; all must
  // outlive this. `runtime` is null for a program without Python. kUnsupported where native stacks
  // cannot be walked, and errors as Target::ReadMap.
  static Result<std::unique_ptr<NativeDumper>> Make(const Target& target, Machine machine,
                                                    const Runtime* runtime,
                                                    RegistersOf registers_of, ThreadDump& dump);

  // Puts the native frames of `thread` around those of `dumped`, which are those of `python`.
  void Add(const KernelThread& thread, std::span<const RawFrame> python, DumpedThread& dumped);

  // Looks up what the native frames are called, when the process has gone on. `folds`: leaves out
  // those that are the interpreter's own machinery.
  void Name(bool folds);

 private:
  NativeDumper(const Target& target, RegistersOf registers_of, ThreadDump& dump)
      : registers_of_(std::move(registers_of)),
        dump_(dump),
        functions_(target),
        modules_(dump.stacks),
        code_(target, modules_),
        stack_(target.memory()) {}

  RegistersOf registers_of_;
  ThreadDump& dump_;
  MemoryMap map_;
  UnwindTables tables_;
  FunctionRanges functions_;
  std::optional<Unwinder> unwinder_;
  NativeModules modules_;
  CodeFrames code_;
  StackCopy stack_;
  EvaluationFrames evaluation_;
  StackMerger merger_;
};

}  // namespace osprey
