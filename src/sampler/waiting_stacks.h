// The stacks of all tasks that wait: each below the tasks that await it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "osprey/python/task_graph.h"
#include "osprey/trace/stack_table.h"
#include "sampler/task_frames.h"

namespace osprey {

// A thread that may run an event loop.
struct TaskThread {
  Address state;            // PyThreadState
  Address interpreter;      // PyInterpreterState
  std::uint64_t ident = 0;  // threading.get_ident()
  std::int64_t tid = 0;     // as in Sample
  StackId root;             // what all its samples stand on
};

struct WaitingTask {
  Address task;
  std::size_t thread = 0;  // index of the thread whose loop runs it, as far as is known
};

struct WaitingStack {
  Address task;
  std::int64_t tid = 0;  // of that thread
  StackId stack;
  bool is_cut = false;
};

// A task that waits for another one gets no stack of its own: it stands in that one's stack, as its
// awaiter. So the leaves of all stacks are what is really waited for. Where several tasks await
// one, the first of them stands there, and the others get stacks of their own, as do tasks that
// await each other in a circle.
class WaitingStacks {
 public:
  WaitingStacks(const Memory& memory, const Layout& layout, CodeCache& codes, StackTable& stacks,
                TaskFrames& frames)
      : graph_(memory, layout, codes), stacks_(stacks), frames_(frames) {}

  // The index of the thread that runs `task`'s loop; `guess` is what WaitingTask said.
  using ThreadOf = std::function<std::size_t(const Task& task, std::size_t guess)>;

  // Reads `tasks` and their awaiters, and builds the stacks of those that wait.
  void Read(std::span<const WaitingTask> tasks, std::span<const TaskThread> threads, TimePoint now,
            const ThreadOf& thread_of);

  const std::vector<WaitingStack>& stacks() const { return result_; }
  const TaskGraph& graph() const { return graph_; }

 private:
  // A task's stack as it was built last, good while task and awaiter stay as they are.
  struct Built {
    std::uint64_t version = 0;
    StackId parent;
    StackId stack;
    std::uint64_t reading = 0;
    bool is_cut = false;
  };

  struct Candidate {
    const Task* task;
    const Task* awaiter;
    std::size_t thread;
  };

  const Built& Build(const Candidate& candidate, StackId base);
  bool IsBuilt(const Task& task) const;
  StackId BaseOf(const TaskThread& thread);

  TaskGraph graph_;
  StackTable& stacks_;
  TaskFrames& frames_;
  std::vector<Address> addresses_;
  std::vector<Candidate> candidates_;
  std::vector<FrameId> added_;
  std::unordered_map<Address, Built> built_;
  std::vector<WaitingStack> result_;
  std::uint64_t reading_ = 0;
};

}  // namespace osprey
