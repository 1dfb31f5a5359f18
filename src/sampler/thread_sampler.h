// One thread of the target: how it is walked, and what is known from the sample before.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "osprey/python/exception_state.h"
#include "osprey/python/frame_walker.h"
#include "osprey/python/thread_list.h"
#include "osprey/target/thread_activity.h"
#include "osprey/trace/sample.h"
#include "osprey/trace/stack_table.h"
#include "sampler/gil_watch.h"
#include "sampler/sample_allowance.h"
#include "sampler/slept_stack.h"
#include "sampler/task_sampler.h"
#include "sampler/thread_states.h"

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
    taken_ = {};
  }

  // Every walk looks as well whether the thread raises or handles an exception; null: none does.
  void LookForExceptions(ExceptionReader* reader, const Layout& layout) {
    exceptions_ = reader;
    if (reader == nullptr) return;
    walker_.CopyThreadState(ThreadStateBytes(layout));
  }

  StackId root() const { return root_; }

  // Whether the kernel says that the thread runs, asked anew when the last answer is older than
  // 50 us. A thread whose kernel id is not known counts as running.
  const ThreadActivity& Activity(TimePoint now);
  // The same, asked anew.
  const ThreadActivity& LookAgain();
  // Whether the kernel has said by now that the thread has ended; true only once.
  bool TakeEnd() { return std::exchange(has_ended_, false); }
  // What the kernel says now; true where its id is not known.
  bool IsAlive() const;
  // The last answer.
  const ThreadActivity& activity() const { return activity_; }

  // What a walk found: `stack` is valid for kComplete and kCut.
  struct Taken {
    WalkEnd end = WalkEnd::kRejected;
    StackId stack = kRootStack;
    bool has_exception = false;  // only where exceptions are looked for
  };

  // With cold caches a copy takes several microseconds, long enough for a thread that runs to move
  // on in the middle. So the first copy after a pause of 200 us only warms them up, whatever it
  // shows.
  bool IsCold(TimePoint now) const;
  // What is copied to warm up, by somebody who copies more in the same system call.
  SnapshotMemory& WarmedRanges(TimePoint now);
  // Learns from what `arrived` of them where frames have gone since the last walk, so that the one
  // that counts need not.
  void LearnFrom(const Memory& memory, std::size_t arrived) {
    walker_.WalkCopy(memory, arrived, frames_);
  }
  // Walks and resolves; `look` is the number of the last look at the interpreters' words. `tasks`,
  // where it is not null, adds the tasks of asyncio that run in the thread.
  void Take(const Memory& memory, TimePoint now, std::uint64_t look, TaskSampler* tasks);
  // The same in two halves, for several threads that are copied together.
  SnapshotMemory& Ranges() { return walker_.Ranges(); }
  void TakeCopy(const Memory& memory, const Result<std::size_t>& arrived, TimePoint now,
                std::uint64_t look);
  // Take in two halves for a thread that stands still meanwhile: copies and walks its frames, with
  // the places of their evaluations on the C stack, as short as can be, and resolves them, when it
  // may have gone on.
  void CopyStill(const Memory& memory, TimePoint now, TaskSampler* tasks);
  void TakeStill(TimePoint now, std::uint64_t look);
  // What the last walk found.
  const Taken& taken() const { return taken_; }
  // The same before it was resolved, root to leaf.
  const std::vector<RawFrame>& frames() const { return frames_; }
  // `stack` with frame `index` of these called from its leaf, where Take or TakeStill has resolved
  // them; and with the tasks that stand before it.
  StackId PushFrame(std::size_t index, StackId stack) const;
  // Its stack with native frames, while it sleeps.
  SleptStack& slept() { return slept_; }
  // Of the kernel's samples of it.
  SampleAllowance& allowance() { return allowance_; }

  // Whether it is sure that another walk would find the same.
  bool IsUnchanged(TimePoint now, const GilWatch& gil) const {
    if (taken_.end != WalkEnd::kComplete && taken_.end != WalkEnd::kNoFrames) return false;
    if (!gil.IsUnchanged(taken_look_, last_holder_at_) || now - taken_at_ >= kTrustStack) {
      return false;
    }
    return is_proven_ || now - proven_at_ < kMostTrust;
  }
  // The thread was its GIL's last holder at that look.
  void WasLastHolder(std::uint64_t look) { last_holder_at_ = look; }
  // It held its GIL at that look; 0: at none yet.
  void HeldGil(std::uint64_t look) { held_gil_at_ = look; }
  std::uint64_t held_gil_at() const { return held_gil_at_; }

  // Whether it ran Python code when it was copied last, in a build that may run without a GIL.
  bool IsAttached(const Layout& layout) const {
    return osprey::IsAttached(layout, walker_.thread_state());
  }
  // Whether the last walk found `frame`; and others that it called.
  bool HasFrame(Address frame) const;
  bool HasFramesAbove(Address frame) const;
  // The last walk's stack with `marker` called from `frame`, or from the leaf where `frame` is null
  // or not on the stack.
  StackId WithMarker(FrameId marker, Address frame);

  // What one walk copies.
  const SnapshotMemory& snapshot() const { return walker_.snapshot(); }

 private:
  static constexpr Duration kMostTrust = std::chrono::microseconds(500);  // in a code object
  // How long a stack counts as unchanged without another walk, should somebody change the stack of
  // a thread that does not hold the GIL after all (PyThreadState_Swap under one GIL, until 3.11).
  static constexpr Duration kTrustStack = std::chrono::milliseconds(100);

  struct KnownFrame {
    CodeObject* code;
    std::int64_t byte_offset;
    Address frame;
    StackId stack;
  };

  // False where a code object was found replaced, so that the names may be too young for the copy.
  bool Finish(WalkEnd end, TimePoint now, std::uint64_t look, Duration trust);
  // The ident in the thread state as the last walk copied it.
  std::uint64_t CopiedIdent() const;
  WalkEnd Walk(const Memory& memory);
  // Walks with a look at the tasks before and after.
  WalkEnd WalkWithTasks(const Memory& memory, TimePoint now, TaskSampler& tasks);
  // Names what a walk found that was copied by `now`; code is held against the target when its last
  // check is older than `trust`.
  StackId Resolve(TimePoint now, Duration trust);
  // How long a code object is trusted to be the one that was read: not at all while there is time
  // to hold it against the target.
  Duration Trust(TimePoint now) const;
  // Takes over what stands between the frames now. The index of the first frame whose place in the
  // stack is another than in the sample before.
  std::size_t Splice(const std::vector<SplicedFrames>& spliced);

  // What a tick looks at where nothing has changed lies together.
  PythonThread thread_;
  Taken taken_;
  TimePoint taken_at_;                // when the last walk that counts began
  TimePoint began_;                   // when the last walk began
  TimePoint copied_;                  // when its copy was there
  std::uint64_t taken_look_ = 0;      // after which look
  std::uint64_t last_holder_at_ = 0;  // the last look that saw it as last holder
  std::uint64_t held_gil_at_ = 0;     // the last look that saw it hold its GIL
  TimePoint proven_at_;               // when the code of all frames was last looked at
  bool is_proven_ = false;            // all of it was held against the target after the copy
  ThreadActivity activity_;

  TimePoint activity_time_;
  std::optional<ThreadActivityReader> activity_reader_;  // none: not known, or ended
  bool has_ended_ = false;
  CodeCache& codes_;
  StackTable& stacks_;
  ExceptionReader* exceptions_ = nullptr;
  StackId root_ = kRootStack;
  const Layout& layout_;
  SampleAllowance allowance_;
  SleptStack slept_;
  bool is_still_ = false;  // while CopyStill walks
  WalkEnd still_end_ = WalkEnd::kRejected;
  FrameWalker walker_;
  std::vector<RawFrame> frames_;
  std::vector<KnownFrame> known_;       // the last stack, root to leaf
  std::vector<SplicedFrames> spliced_;  // between its frames
  std::vector<CodeObject*> recheck_;
  std::uint64_t replaced_ = 0;  // CodeCache::replaced of known_
  TimePoint warm_at_;           // when the last walk began
  Duration usual_{};            // what a walk takes
  Duration usual_with_tasks_{};
};

}  // namespace osprey
