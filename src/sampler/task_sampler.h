// asyncio in the samples: the running task and who awaits it, and the stacks of the tasks that
// wait.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "osprey/python/asyncio_tasks.h"
#include "osprey/python/raw_frame.h"
#include "osprey/python/task_graph.h"
#include "osprey/python/thread_list.h"
#include "osprey/sampler/sampler.h"
#include "osprey/target/live_target.h"
#include "osprey/trace/run_figures.h"
#include "osprey/trace/stack_table.h"
#include "sampler/waiting_stacks.h"

namespace osprey {

// Frames that stand in a sample in front of the thread's own frame of that index.
struct SplicedFrames {
  std::size_t at = 0;
  std::vector<FrameId> frames;
  bool operator==(const SplicedFrames&) const = default;
};

class TaskSampler {
 public:
  TaskSampler(const LiveTarget& target, const Runtime& runtime, CodeCache& codes,
              StackTable& stacks, AsyncMode mode);

  // Once a tick, before the threads are walked: looks from time to time for asyncio where it was
  // not imported yet.
  void BeginTick(TimePoint now, std::span<const Interpreter> interpreters);
  // Right before a thread is walked: a task that is over soon is best met from both sides.
  void BeforeWalk(const PythonThread& thread);
  // What goes between the frames of a walk, from root to leaf: for each task that runs in them its
  // name, and before it the tasks that await it, from the outermost on, with the frames in which
  // they wait. To be called again after another walk where that one is not to count. Holds until
  // then. `is_cut` becomes true when something is left out.
  const std::vector<SplicedFrames>& AfterWalk(const PythonThread& thread,
                                              std::span<const RawFrame> frames, TimePoint now,
                                              bool& is_cut);

  // What AfterWalk gave last stands in a sample.
  void Confirm();

  // Every task that waits, as WaitingStacks has it, but for those that were met in AfterWalk in
  // this tick. Reads them anew when that keeps the reading below a third of the time.
  void VisitWaiting(TimePoint now, std::span<const TaskThread> threads,
                    const std::function<void(const WaitingStack&)>& visit);

  // Adds what was seen since the last time to `figures`.
  void Report(RunFigures& figures);

 private:
  struct Place {  // where an interpreter keeps its tasks
    explicit Place(AsyncioTasks t) : tasks(std::move(t)) {}
    AsyncioTasks tasks;
    bool is_found = false;  // asyncio is imported
    TimePoint looked;
    Duration look_after{};
  };

  void LookForAsyncio(Place& place, TimePoint now);
  AsyncioTasks* TasksOf(Address interpreter);
  void ReadWaiting(TimePoint now, std::span<const TaskThread> threads);
  std::size_t ThreadOfLoop(Address loop, std::size_t guess, std::span<const TaskThread> threads);
  // The task whose coroutine's frame that is, among `candidates_`; null for none.
  const Task* TaskOfFrame(const RawFrame& frame) const;
  // Looks for tasks that run and are not current: one that steps too fast, or that made an eager
  // one, which is current in its place. Then all that are alive are known by their frames.
  void SearchAll(AsyncioTasks& tasks, const PythonThread& thread, TimePoint now);
  void Remember(const Task& task);
  void Splice(std::size_t at, const Task& task, bool& is_cut);

  const LiveTarget& target_;
  const Memory& memory_;
  std::string runtime_module_;
  Layout layout_;
  AsyncMode mode_;
  ObjectReader objects_;
  TaskFrames frames_;
  TaskGraph running_graph_;
  WaitingStacks waiting_;
  std::map<Address, Place> places_;  // by interpreter

  std::unordered_set<Address> loop_threads_;            // states of threads that run coroutines
  std::unordered_map<Address, Address> task_of_frame_;  // met before
  TimePoint searched_;
  Duration search_took_{};
  std::vector<Address> candidates_;  // that may run in the thread in hand
  std::vector<std::size_t> roots_;   // where coroutines begin in its stack
  std::vector<SplicedFrames> spliced_;
  std::vector<Address> shown_now_;     // tasks that stand in it
  std::unordered_set<Address> shown_;  // tasks that stand in this tick's samples
  std::unordered_map<Address, std::uint64_t> ident_of_loop_;  // 0: it does not run
  TimePoint idents_read_;
  std::vector<WaitingTask> tasks_;
  std::vector<Address> addresses_;
  TimePoint read_at_;  // when waiting tasks were read last
  Duration reading_took_{};
  bool was_read_ = false;
  std::uint64_t running_samples_ = 0;
  std::uint64_t waiting_samples_ = 0;
};

}  // namespace osprey
