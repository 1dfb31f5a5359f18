// Stacks of Python threads with the native frames between, below and above the Python ones.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "osprey/python/runtime_finder.h"
#include "osprey/sampler/evaluation_frames.h"
#include "osprey/sampler/native_copying.h"
#include "osprey/sampler/native_stacks.h"
#include "osprey/sampler/stack_merger.h"
#include "osprey/sampler/taken_stack.h"
#include "osprey/target/moment_samples.h"
#include "osprey/trace/run_figures.h"
#include "osprey/trace/stack_table.h"
#include "sampler/kernel_frame.h"
#include "sampler/task_sampler.h"
#include "sampler/thread_sampler.h"

namespace osprey {

class MixedStacks {
 public:
  // All must outlive this.
  MixedStacks(const LiveTarget& target, const Runtime& runtime, NativeStacks& native,
              StackTable& stacks)
      : target_(target),
        runtime_(runtime),
        native_(native),
        stacks_(stacks),
        kernel_frame_(InternKernelFrame(stacks)) {}

  // Has `thread` stand while both of its stacks are copied, and walks them. What
  // ThreadSampler::taken says afterwards is of the Python side alone. Where the thread cannot be
  // stopped its Python frames are copied as ever, and the stack is cut; `figures` counts why.
  TakenStack Take(ThreadSampler& thread, TimePoint now, std::uint64_t look, TaskSampler* tasks,
                  RunFigures& figures);

  struct TakenMoment {
    TakenStack stack;
    bool was_enough;  // false where a stack was deeper than what was copied; it is cut then
  };
  // The same of what the kernel has copied of a thread while it ran, without stopping it.
  TakenMoment TakeMoment(ThreadSampler& thread, const MomentSample& moment, TimePoint now,
                         std::uint64_t look);

  // The same of a thread that sleeps: without waking it up, where that will do.
  TakenStack TakeAsleep(ThreadSampler& thread, TimePoint now, std::uint64_t look,
                        TaskSampler* tasks, RunFigures& figures);

  NativeCopying copying() const { return copying_; }

 private:
  void FindEvaluationFrames();
  // Of what was copied of both sides.
  TakenStack Merge(ThreadSampler& thread, TimePoint now, std::uint64_t look);
  StackId Push(const ThreadSampler& thread);

  const LiveTarget& target_;
  const Runtime& runtime_;
  NativeStacks& native_;
  StackTable& stacks_;
  FrameId kernel_frame_;
  EvaluationFrames evaluation_;
  std::optional<unsigned> found_at_;  // NativeStacks::changes
  StackMerger merger_;
  NativeCopying copying_;
  std::vector<NativeRole> roles_;
  std::vector<MergedFrame> merged_;
};

}  // namespace osprey
