// One thread of the target: how it is walked, and what is known from the sample before.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "osprey/python/data_stack_walker.h"
#include "osprey/python/frame_object_walker.h"
#include "osprey/python/thread_list.h"
#include "osprey/target/thread_activity.h"
#include "osprey/trace/sample.h"
#include "osprey/trace/stack_table.h"
#include "sampler/task_sampler.h"

namespace osprey {

class ThreadSampler {
 public:
  ThreadSampler(const Layout& layout, CodeCache& codes, StackTable& stacks,
                const PythonThread& thread, pid_t pid);

  const PythonThread& thread() const { return thread_; }
  bool IsSameThread(const PythonThread& other) const {
    return other.state == thread_.state && other.ident == thread_.ident &&
           other.interpreter == thread_.interpreter && other.tid == thread_.tid;
  }

  // The stack that all samples of this thread stand on.
  void SetRoot(StackId root) {
    root_ = root;
    known_.clear();
  }

  StackId root() const { return root_; }

  // Whether the kernel says that the thread runs, asked anew when the last answer is older than
  // 50 us. A thread whose kernel id is not known counts as running.
  const ThreadActivity& Activity(TimePoint now);

  // Walks and resolves; `stack` is valid for kComplete and kCut. `tasks`, where it is not null,
  // adds the tasks of asyncio that run in it.
  WalkEnd Take(const Memory& memory, TimePoint now, TaskSampler* tasks, StackId& stack);

  // What one walk copies.
  const SnapshotMemory& snapshot() const {
    return std::visit([](const auto& w) -> const SnapshotMemory& { return w.snapshot(); }, walker_);
  }

 private:
  struct KnownFrame {
    CodeObject* code;
    std::int64_t byte_offset;
    Address frame;
    StackId stack;
  };

  WalkEnd Walk(const Memory& memory);
  // Walks with a look at the tasks before and after.
  WalkEnd WalkWithTasks(const Memory& memory, TimePoint now, TaskSampler& tasks);
  StackId Resolve(TimePoint now);
  // Takes over what stands between the frames now. The index of the first frame whose place in the
  // stack is another than in the sample before.
  std::size_t Splice(const std::vector<SplicedFrames>& spliced);

  CodeCache& codes_;
  StackTable& stacks_;
  PythonThread thread_;
  pid_t pid_;
  StackId root_ = kRootStack;
  std::variant<DataStackWalker, FrameObjectWalker> walker_;
  std::vector<RawFrame> frames_;
  std::vector<KnownFrame> known_;       // the last stack, root to leaf
  std::vector<SplicedFrames> spliced_;  // between its frames
  std::vector<CodeObject*> recheck_;
  // From here up, known_ rests on checks that are older than the frames; SIZE_MAX: none does.
  std::size_t unproven_ = SIZE_MAX;
  TimePoint unproven_since_;
  std::optional<ThreadActivityReader> activity_reader_;
  ThreadActivity activity_;
  TimePoint activity_time_;
  TimePoint taken_;   // when the last walk began
  Duration usual_{};  // what a walk takes
  Duration usual_with_tasks_{};
};

}  // namespace osprey
