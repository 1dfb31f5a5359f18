#include "sampler/waiting_stacks.h"

#include <algorithm>
#include <unordered_set>

namespace osprey {
namespace {

constexpr std::size_t kMaxAwaiters = 256;

bool Waits(const Task& task) {
  return task.state == TaskState::kSuspended || task.state == TaskState::kCreated;
}

}  // namespace

StackId WaitingStacks::BaseOf(const TaskThread& thread) {
  Frame marker;
  marker.function = stacks_.strings().Intern("<waiting tasks>");
  marker.kind = FrameKind::kMarker;
  return stacks_.Push(thread.root, stacks_.InternFrame(marker));
}

bool WaitingStacks::IsBuilt(const Task& task) const {
  const auto found = built_.find(task.address);
  return found != built_.end() && found->second.reading == reading_;
}

const WaitingStacks::Built& WaitingStacks::Build(const Candidate& candidate, StackId base) {
  bool is_cut = false;
  // Up to the first awaiter whose stack is known, then down again.
  std::vector<const Task*> path{candidate.task};
  StackId stack = base;
  for (const Task* awaiter = candidate.awaiter; awaiter != nullptr;
       awaiter = graph_.AwaiterOf(*awaiter)) {
    if (IsBuilt(*awaiter)) {
      const Built& known = built_[awaiter->address];
      stack = known.stack;
      is_cut = known.is_cut;
      break;
    }
    if (path.size() > kMaxAwaiters || std::find(path.begin(), path.end(), awaiter) != path.end()) {
      is_cut = true;
      break;
    }
    path.push_back(awaiter);
  }
  Built* built = nullptr;
  for (std::size_t i = path.size(); i-- > 0;) {
    const Task& step = *path[i];
    built = &built_[step.address];
    is_cut |= step.is_cut;
    if (built->version != step.version || built->parent != stack || built->reading == 0) {
      added_.clear();
      frames_.Append(step, added_);
      built->version = step.version;
      built->parent = stack;
      built->stack = stack;
      for (const FrameId frame : added_) built->stack = stacks_.Push(built->stack, frame);
    }
    built->reading = reading_;
    built->is_cut = is_cut;
    stack = built->stack;
  }
  return *built;
}

void WaitingStacks::Read(std::span<const WaitingTask> tasks, std::span<const TaskThread> threads,
                         TimePoint now, const ThreadOf& thread_of) {
  ++reading_;
  result_.clear();
  candidates_.clear();
  addresses_.clear();
  for (const WaitingTask& t : tasks) addresses_.push_back(t.task);
  graph_.Read(addresses_, now);

  std::unordered_set<const Task*> awaiters;
  for (const WaitingTask& waiting : tasks) {
    const Task* task = graph_.Find(waiting.task);
    if (task == nullptr || !Waits(*task)) continue;
    candidates_.push_back({task, graph_.AwaiterOf(*task), waiting.thread});
    awaiters.insert(candidates_.back().awaiter);
  }
  std::vector<StackId> bases;
  for (const TaskThread& thread : threads) bases.push_back(BaseOf(thread));
  // The second time what awaits itself in the end: it is in no stack yet.
  for (const bool may_be_awaiter : {false, true}) {
    for (const Candidate& c : candidates_) {
      if (may_be_awaiter ? IsBuilt(*c.task) : awaiters.contains(c.task)) continue;
      const std::size_t thread = thread_of(*c.task, c.thread);
      if (thread >= bases.size()) continue;
      const Built& built = Build(c, bases[thread]);
      result_.push_back({c.task->address, threads[thread].tid, built.stack, built.is_cut});
    }
  }
  std::erase_if(built_, [this](const auto& b) { return b.second.reading != reading_; });
}

}  // namespace osprey
