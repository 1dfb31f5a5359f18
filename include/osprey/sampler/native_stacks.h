// The native stacks of one process's threads: copied while a thread stands still for a moment, and
// walked when it has gone on.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/base/result.h"
#include "osprey/native/code_frames.h"
#include "osprey/native/function_ranges.h"
#include "osprey/native/native_modules.h"
#include "osprey/native/stack_copy.h"
#include "osprey/native/unwinder.h"
#include "osprey/target/cached_memory.h"
#include "osprey/target/live_target.h"
#include "osprey/target/thread_activity.h"
#include "osprey/target/thread_stopper.h"

namespace osprey {

class NativeStacks {
 public:
  // kUnsupported where native stacks cannot be walked, and errors as LiveTarget::ReadMap. Both must
  // outlive this.
  static Result<std::unique_ptr<NativeStacks>> Make(const LiveTarget& target,
                                                    NativeModules& modules);
  ~NativeStacks();

  // Has thread `tid` stand while its registers and its stack are copied and `meanwhile`, where it
  // is not null, looks at what else must be of the same moment. Then walks the stack. Errors as
  // ThreadStopper::Stop.
  Result<void> Take(pid_t tid, TimePoint now, const std::function<void()>& meanwhile);

  // The same of a thread that sleeps, without waking it up: from what the kernel says of it
  // (BlockedRegisters). `sleeps_on` says, once all is copied, whether it has slept all the time.
  // False where it has not, and where that is not enough to walk its whole stack.
  bool TakeAsleep(const ThreadActivity& activity, TimePoint now,
                  const std::function<void()>& meanwhile, const std::function<bool()>& sleeps_on);

  // Walks what the kernel has copied of a thread's stack while it ran (StackCopy::Put). False where
  // the stack goes on beyond that, and so does the walk.
  bool TakeCopy(const Registers& registers, std::span<const MemoryPiece> stack, bool in_kernel,
                TimePoint now);

  // What Take found last, leaf to root.
  const std::vector<NativeFrame>& frames() const { return frames_; }
  UnwindEnd end() const { return end_; }
  const StackCopy& stack() const { return stack_; }
  const Registers& registers() const { return registers_; }
  // Whether the thread was in a system call.
  bool is_in_kernel() const { return is_in_kernel_; }
  // The frame of one of them, under a name that NativeModules gives.
  FrameId FrameOf(const NativeFrame& frame);

  const UnwindTables& tables() const { return tables_; }
  // How often code has come or gone so far: what was found out about code holds while it stays.
  unsigned changes() const { return changes_; }
  // How long threads stood, all together.
  Duration stopped() const { return stopped_; }

 private:
  NativeStacks(const LiveTarget& target, NativeModules& modules);
  // Reads the map when that is due: what dlopen(3) and dlclose(3) have changed.
  Result<void> ReadMap(TimePoint now);
  void RefreshMap(TimePoint now);
  // Whether all was copied that is mapped there.
  bool IsWhole() const { return stack_.size() < copied_; }
  Result<void> CopyStack(const std::function<void()>& meanwhile);
  UnwindEnd Walk();
  // Beyond the copy lies what the target has there by now: leaves out what was found there. Whether
  // there was any.
  bool CutBeyondCopy(bool is_whole);

  const LiveTarget& target_;
  MemoryMap map_;
  UnwindTables tables_;
  FunctionRanges functions_;
  std::unique_ptr<Unwinder> unwinder_;
  CodeFrames code_;
  ThreadStopper stopper_;
  CachedMemory code_memory_;  // the tables and instructions; of stacks what is cut away in the end
  StackCopy stack_;
  std::size_t copied_;  // bytes of a stack, at most
  Registers registers_;
  std::vector<NativeFrame> frames_;
  UnwindEnd end_ = UnwindEnd::kNoTable;
  bool is_in_kernel_ = false;
  unsigned changes_ = 0;
  TimePoint read_;
  Duration read_took_{0};
  Duration stopped_{0};
};

}  // namespace osprey
