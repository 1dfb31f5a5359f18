// Looks at one Python process again and again, and tells the sinks what it saw.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/python/runtime_finder.h"
#include "osprey/python/thread_list.h"
#include "osprey/sampler/native_copying.h"
#include "osprey/sampler/sampling_clock.h"
#include "osprey/sampler/taken_stack.h"
#include "osprey/sampler/tick.h"
#include "osprey/target/live_target.h"
#include "osprey/target/shared_refill.h"
#include "osprey/target/snapshot_memory.h"
#include "osprey/target/thread_ids.h"
#include "osprey/trace/run_figures.h"
#include "osprey/trace/sample.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

class CodeCache;
class ExceptionReader;
class GilWatch;
class InterpreterWords;
class LookSchedule;
class MixedStacks;
class MomentWatch;
class NativeStacks;
class ProgramWatch;
class SharedThreads;
class StackRoots;
class TaskSampler;
class ThreadSampler;
struct InterpreterState;
struct MomentSample;
struct TaskThread;
struct ThreadActivity;

enum class SampleMode {
  kCpu,        // threads that run or are ready to run
  kWall,       // all threads
  kGil,        // threads that hold the GIL
  kException,  // threads in which an exception is raised or handled, whether they run or wait
};

// What of asyncio's tasks is sampled.
enum class AsyncMode {
  kOff,
  kRunning,  // the names of the task that runs and of its awaiters, in the stack of its thread
  kAll,      // the stacks of the tasks that wait, too, whatever the mode
};

// Which native frames stand in the stacks.
enum class NativeMode {
  kOff,
  kOn,  // without those that are the interpreter's own machinery
  kAll,
};

struct SamplerOptions {
  SampleMode mode = SampleMode::kCpu;
  AsyncMode async_mode = AsyncMode::kOff;
  NativeMode native = NativeMode::kOff;
  double rate_hz = 0;         // how often TakeTick will be called; 0: as often as can be
  bool thread_roots = false;  // a root frame per thread
  // Leave out threads that the kernel does not know in the process: for a moment after fork(2) a
  // child has those of its parent in its memory. Costs some 40 us for each look at the list of
  // threads.
  bool own_threads_only = false;
  StackId root = kRootStack;  // what all stacks stand on, threads' roots too
};

// Samples one program of one process, from its runtime's discovery to its end or exec.
class Sampler {
 public:
  // `target`, `stacks` and `native` must outlive the sampler. With `native`, threads stand still
  // while they are looked at, and their native frames are in the stacks, too.
  Sampler(const LiveTarget& target, Runtime runtime, StackTable& stacks,
          const SamplerOptions& options, NativeStacks* native = nullptr);
  ~Sampler();

  void AddSink(SampleSink& sink) { sinks_.push_back(&sink); }

  // Who gets what the kernel copies of threads that run no Python, while SamplesOthers.
  void SetOthers(std::function<void(const MomentSample&)> others) { others_ = std::move(others); }
  bool SamplesOthers() const;
  // Has threads left out of `figures.threads` of which `is_counted` says, by their kernel ids, that
  // they are in it: a thread may be sampled by its native stacks before it runs Python, and between
  // two of its states.
  void LeaveOutCounted(std::function<bool(pid_t)> is_counted) {
    is_counted_ = std::move(is_counted);
  }

  // Takes one sample of every thread that counts. `figures` gets samples, rejected, cut, errors
  // and threads added. kTargetEnded when the process is gone, kProgramReplaced when it has
  // executed another program (then the sampler is of no more use).
  Tick TakeTick(TimePoint now, RunFigures& figures);

  // Gives the threads' root frames their names as far as they are known by now.
  void NameThreads();

  const Runtime& runtime() const { return runtime_; }

  // How native stacks were copied, where they were asked for.
  NativeCopying native_copying() const;

  // Whether this kernel thread is one of those that are sampled.
  bool Samples(pid_t tid) const { return tids_.contains(tid); }

  // What the last tick copied of each thread, for measurements. Holds until the next tick.
  std::vector<const SnapshotMemory*> ThreadCopies() const;

  // What the last walk of every thread copied out of the target, in that order.
  std::vector<MemoryRange> LastRanges() const;

 private:
  Tick Refresh(TimePoint now, RunFigures& figures);
  Tick ListAgain(TimePoint now, RunFigures& figures);
  // Copies what ran at the last tick, for the caches' sake, and then the words, if they are due.
  void WarmUpAndLook(TimePoint now);
  void LookAtWords(TimePoint now);
  void TakeWords(TimePoint now, const Result<std::size_t>& arrived);
  void Adopt(const ThreadList& list, RunFigures& figures);
  ThreadSampler* Find(Address state);  // null: not in the list
  Address MainInterpreter() const;
  // Asks the kernel whether a thread runs.
  bool Runs(std::uint32_t thread, TimePoint now);
  // Asks the kernel about the threads that ran, and those that took a GIL last.
  void LookAtRunning(TimePoint now);
  // The threads that count at this tick and run, so far as is known.
  void ChooseRunning();
  // And then those that have woken up since, or that count though they wait.
  void ChooseWaiting(TimePoint now);
  void TakeChosen(TimePoint now, RunFigures& figures);
  // Null where nothing is known of the thread's interpreter.
  const InterpreterState* InterpreterOf(const ThreadSampler& thread) const;
  // Whether only the holder of a GIL counts. In builds that may have none, all threads count that
  // are attached to the interpreter: with a GIL its holder alone is.
  bool GoesByGil() const;
  // The last walk's stack with a frame for the collector that runs in the thread.
  StackId WithGcFrame(ThreadSampler& thread, const InterpreterState& interpreter, TimePoint now);
  // Hands what the last walk of a thread found to the sinks. Of several interpreters' states of one
  // thread only the one that `is_on_top` runs.
  // Takes a thread's Python frames and its native ones, and hands them over.
  void TakeMixed(std::uint32_t thread, const InterpreterState* interpreter, TimePoint now,
                 RunFigures& figures);
  // Hands over what the kernel has copied of running threads since the last tick.
  void TakeMoments(TimePoint now, RunFigures& figures);
  // Hands a stack to the sinks if it counts.
  void Emit(ThreadSampler& thread, const InterpreterState* interpreter,
            const ThreadActivity& activity, TakenStack taken, TimePoint now, RunFigures& figures);
  void Deliver(ThreadSampler& thread, const InterpreterState* interpreter, bool is_on_top,
               TimePoint now, RunFigures& figures);
  // Walks together those of the chosen that wait.
  void TakeShared(TimePoint now, RunFigures& figures);
  void SampleWaitingTasks(TimePoint now, RunFigures& figures);

  const LiveTarget& target_;
  Runtime runtime_;
  StackTable& stacks_;
  SamplerOptions options_;
  std::vector<SampleSink*> sinks_;
  std::function<bool(pid_t)> is_counted_;  // null: none is
  std::unique_ptr<CodeCache> codes_;
  std::unique_ptr<ExceptionReader> exceptions_;  // null where nobody asks
  std::unique_ptr<TaskSampler> tasks_;           // null where asyncio is of no interest
  std::unique_ptr<MixedStacks> mixed_;           // null without native frames
  std::unique_ptr<MomentWatch> moments_;         // null where the kernel is not asked for samples
  std::function<void(const MomentSample&)> others_;
  std::unique_ptr<ProgramWatch> program_;
  ThreadIds thread_ids_;

  std::vector<Interpreter> interpreters_;
  std::unique_ptr<InterpreterWords> words_;
  std::unique_ptr<StackRoots> roots_;
  std::unique_ptr<LookSchedule> schedule_;
  std::unique_ptr<SharedThreads> shared_threads_;
  std::vector<std::unique_ptr<ThreadSampler>> threads_;
  std::unordered_map<Address, std::uint32_t> by_state_;  // place in threads_
  std::unordered_set<pid_t> tids_;                       // of threads_
  std::vector<std::uint32_t> chosen_;                    // of this tick
  std::vector<std::uint32_t> taken_;                     // walked alone at the last tick
  std::vector<std::uint32_t> shared_;                    // those of them that share a call
  std::vector<SnapshotMemory*> shared_ranges_;
  SharedRefill shared_refill_;
  std::size_t gone_ = 0;  // threads that were gone at this tick
  FrameId gc_frame_;
  std::vector<TaskThread> task_threads_;
  bool list_stale_ = true;
  bool has_ended_ = false;  // a thread of the list
  std::size_t unborn_ = 0;  // ThreadList::unborn of the last list
  Duration list_every_{0};
  TimePoint words_read_;
  TimePoint listed_;
  TimePoint disturbed_;  // when all threads last became due
  TimePoint names_read_;
  Duration names_wait_{0};  // until they are read again
};

}  // namespace osprey
