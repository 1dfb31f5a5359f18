// Samples one process by its native stacks: a program without Python, or the threads of a Python
// program that run none.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/sampler/native_copying.h"
#include "osprey/sampler/native_stacks.h"
#include "osprey/sampler/sampler.h"
#include "osprey/sampler/taken_stack.h"
#include "osprey/trace/run_figures.h"
#include "osprey/trace/sample.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

class PerfWatch;
class ProgramWatch;

class NativeSampler {
 public:
  // Errors as NativeStacks::Make. All must outlive this.
  static Result<std::unique_ptr<NativeSampler>> Make(const LiveTarget& target,
                                                     NativeModules& modules, StackTable& stacks,
                                                     const SamplerOptions& options);
  ~NativeSampler();

  void AddSink(SampleSink& sink) { sinks_.push_back(&sink); }

  // Takes one sample of every thread that counts, but for those of `python`, which samples this
  // process, too; null: nobody does. As Sampler::TakeTick, and after it.
  //
  // Without Python the kernel samples the threads that run, by perf events, where it permits that
  // and the rate is not 0: nothing is stopped then.
  Tick TakeTick(TimePoint now, const Sampler* python, RunFigures& figures);

  // Takes what the kernel has copied of a thread for the Sampler of this process.
  void TakeMoment(const MomentSample& moment, RunFigures& figures);

  // Whether `figures` had this thread counted before: by a stack of its own, or as one that a
  // Sampler samples. False once it has ended.
  bool HasCounted(pid_t tid) const;

  NativeCopying copying() const { return copying_; }

  // For a Sampler of the same process.
  NativeStacks& native_stacks() { return *native_; }

 private:
  class Thread;

  NativeSampler(const LiveTarget& target, StackTable& stacks, const SamplerOptions& options,
                std::unique_ptr<NativeStacks> native);
  void List(TimePoint now);
  Thread& ThreadOf(pid_t tid);
  // What the kernel has sampled since the last tick.
  void TakeSampled(TimePoint now, RunFigures& figures);
  // Walks the stack that the kernel has copied. False where it goes on beyond that.
  bool Copy(const MomentSample& moment);
  // What was taken by looking at each thread; the number of those that are gone.
  std::size_t TakeThreads(TimePoint now, const Sampler* python, RunFigures& figures);
  // The stack of what `native_` has walked last.
  TakenStack Push(Thread& thread, RunFigures& figures);
  void Deliver(pid_t tid, TakenStack taken, bool on_cpu, TimePoint time, RunFigures& figures);
  // None where it gave no stack; `figures` counts why.
  std::optional<TakenStack> Take(Thread& thread, bool on_cpu, TimePoint now, RunFigures& figures);
  // The stack that all samples of a thread stand on, whose registers were taken last.
  StackId Root(pid_t tid);

  const LiveTarget& target_;
  StackTable& stacks_;
  SamplerOptions options_;
  std::unique_ptr<NativeStacks> native_;
  FrameId kernel_frame_;
  std::vector<SampleSink*> sinks_;
  std::unique_ptr<ProgramWatch> program_;
  std::map<pid_t, std::unique_ptr<Thread>> threads_;
  std::unique_ptr<PerfWatch> perf_;
  bool may_sample_ = true;  // perf events were not tried yet
  NativeCopying copying_;
  TimePoint listed_;
  Duration list_took_{0};
};

}  // namespace osprey
