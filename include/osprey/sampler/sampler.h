// Looks at one Python process again and again, and tells the sinks what it saw.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/python/runtime_finder.h"
#include "osprey/python/thread_list.h"
#include "osprey/sampler/sampling_clock.h"
#include "osprey/target/live_target.h"
#include "osprey/target/snapshot_memory.h"
#include "osprey/trace/run_figures.h"
#include "osprey/trace/sample.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

class ThreadSampler;
class CodeCache;
class TaskSampler;
struct TaskThread;

enum class SampleMode {
  kCpu,   // threads that run or are ready to run
  kWall,  // all threads
  kGil,   // threads that hold the GIL
};

// What of asyncio's tasks is sampled.
enum class AsyncMode {
  kOff,
  kRunning,  // the names of the task that runs and of its awaiters, in the stack of its thread
  kAll,      // the stacks of the tasks that wait, too, whatever the mode
};

struct SamplerOptions {
  SampleMode mode = SampleMode::kCpu;
  AsyncMode async_mode = AsyncMode::kOff;
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
  enum class Tick { kGoOn, kTargetEnded, kProgramReplaced };

  // `target` and `stacks` must outlive the sampler.
  Sampler(const LiveTarget& target, Runtime runtime, StackTable& stacks,
          const SamplerOptions& options);
  ~Sampler();

  void AddSink(SampleSink& sink) { sinks_.push_back(&sink); }

  // Takes one sample of every thread that counts. `figures` gets samples, rejected, cut, errors
  // and threads added. kTargetEnded when the process is gone, kProgramReplaced when it has
  // executed another program (then the sampler is of no more use).
  Tick TakeTick(TimePoint now, RunFigures& figures);

  // Gives the threads' root frames their names as far as they are known by now.
  void NameThreads();

  const Runtime& runtime() const { return runtime_; }

  // What the last tick copied of each thread, for measurements. Holds until the next tick.
  std::vector<const SnapshotMemory*> ThreadCopies() const;

  // What the last walk of every thread copied out of the target, in that order.
  std::vector<MemoryRange> LastRanges() const;

 private:
  struct Gil {
    Address last_holder;
    bool locked = false;
  };

  Tick Refresh(TimePoint now, RunFigures& figures);
  Tick WhyGone();
  void Adopt(const ThreadList& list, RunFigures& figures);
  // Reads who holds which GIL; true when there are new threads or interpreters.
  bool ReadWords();
  StackId RootOf(const PythonThread& thread);
  void SampleWaitingTasks(TimePoint now, RunFigures& figures);
  ThreadState StateOf(ThreadSampler& thread, TimePoint now, const Gil& gil) const;

  const LiveTarget& target_;
  Runtime runtime_;
  StackTable& stacks_;
  SamplerOptions options_;
  std::vector<SampleSink*> sinks_;
  std::unique_ptr<CodeCache> codes_;
  std::unique_ptr<TaskSampler> tasks_;  // null where asyncio is of no interest
  std::string identity_;

  std::vector<Interpreter> interpreters_;
  std::map<Address, Gil> gils_;  // by interpreter
  SnapshotMemory words_;
  std::vector<std::unique_ptr<ThreadSampler>> threads_;
  std::vector<TaskThread> task_threads_;
  std::map<FrameId, std::uint64_t> unnamed_roots_;  // root frame -> ident
  bool list_stale_ = true;
  TimePoint words_read_;
  TimePoint listed_;
  TimePoint identity_checked_;
  TimePoint names_read_;
};

}  // namespace osprey
