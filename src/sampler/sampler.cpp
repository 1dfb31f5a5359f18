#include "osprey/sampler/sampler.h"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>

#include "osprey/python/code_cache.h"
#include "sampler/own_threads.h"
#include "sampler/task_sampler.h"
#include "sampler/thread_sampler.h"

namespace osprey {
namespace {

// How old the word on the GIL and on new threads may be: as old as the kernel's on a thread
// (thread_sampler.cpp), and only at rates above 20 kHz not of this very tick.
constexpr Duration kWordsAge = std::chrono::microseconds(50);
constexpr Duration kListEvery = std::chrono::milliseconds(100);
constexpr Duration kIdentityEvery = std::chrono::milliseconds(100);
constexpr Duration kNamesEvery = std::chrono::milliseconds(50);
// The GIL's struct (Include/internal/pycore_gil.h) is under 200 bytes: its condition variable and
// mutex follow `locked`. A thread that waits for the GIL waits on a futex inside.
constexpr std::uint64_t kGilBytes = 200;
constexpr std::size_t kGilWords = 12;  // last_holder and locked

std::int64_t TidOf(const PythonThread& thread) {
  return thread.tid != 0 ? thread.tid : static_cast<std::int64_t>(thread.ident);
}

}  // namespace

Sampler::Sampler(const LiveTarget& target, Runtime runtime, StackTable& stacks,
                 const SamplerOptions& options)
    : target_(target),
      runtime_(std::move(runtime)),
      stacks_(stacks),
      options_(options),
      codes_(std::make_unique<CodeCache>(target.memory(), runtime_.layout, stacks)),
      identity_(target.ProgramIdentity().value_or("")) {
  if (options.async_mode != AsyncMode::kOff) {
    tasks_ = std::make_unique<TaskSampler>(target, runtime_, *codes_, stacks, options.async_mode);
  }
}

Sampler::~Sampler() = default;

std::vector<const SnapshotMemory*> Sampler::ThreadCopies() const {
  std::vector<const SnapshotMemory*> copies;
  for (const auto& thread : threads_) copies.push_back(&thread->snapshot());
  return copies;
}

Sampler::Tick Sampler::WhyGone() {
  if (!target_.IsAlive()) return Tick::kTargetEnded;
  const auto identity = target_.ProgramIdentity();
  if (!identity) return target_.IsAlive() ? Tick::kGoOn : Tick::kTargetEnded;
  return *identity == identity_ ? Tick::kGoOn : Tick::kProgramReplaced;
}

Sampler::Tick Sampler::Refresh(TimePoint now, RunFigures& figures) {
  if (now - identity_checked_ >= kIdentityEvery) {
    identity_checked_ = now;
    if (const Tick why = WhyGone(); why != Tick::kGoOn) return why;
  }
  if (options_.mode == SampleMode::kGil || now - words_read_ >= kWordsAge) {
    words_read_ = now;
    if (ReadWords()) list_stale_ = true;
  }
  if (!list_stale_ && now - listed_ < kListEvery) return Tick::kGoOn;
  auto list = ListThreads(target_.memory(), runtime_);
  if (!list) {
    const Tick why = WhyGone();
    // One that is ending has no memory, or no interpreter, for a moment before it is gone.
    const ErrorCode code = list.error().code;
    const bool is_ending = code == ErrorCode::kNoSuchProcess || code == ErrorCode::kNotFound;
    if (why == Tick::kGoOn && !is_ending) ++figures.errors["thread_list"];
    return why;
  }
  listed_ = now;
  list_stale_ = false;
  if (options_.own_threads_only) KeepOwnThreads(list->threads, target_.ThreadIdsInside());
  Adopt(*list, figures);
  return Tick::kGoOn;
}

bool Sampler::ReadWords() {
  const auto& runtime_offsets = runtime_.layout.runtime_state;
  words_.Clear();
  for (const Interpreter& i : interpreters_) {
    words_.Add({i.state + runtime_.layout.interpreter_state.threads_head, sizeof(Address)});
    // last_holder and locked are neighbours (Include/internal/pycore_gil.h).
    if (!i.gil_locked.IsNull()) words_.Add({i.gil_last_holder, kGilWords});
  }
  words_.Add({runtime_.address + runtime_offsets.interpreters_head, sizeof(Address)});
  gils_.clear();
  const auto arrived = words_.Refill(target_.memory());
  if (!arrived || *arrived != words_.size()) return true;
  const auto address_at = [this](std::size_t index) {
    Address address;
    std::memcpy(&address, words_.View(index), sizeof address);
    return address;
  };
  bool changed = false;
  std::size_t index = 0;
  for (const Interpreter& i : interpreters_) {
    if (address_at(index++) != i.first_thread) changed = true;
    if (i.gil_locked.IsNull()) continue;
    std::int32_t locked = 0;
    std::memcpy(&locked, words_.View(index) + sizeof(Address), sizeof locked);
    // One word says both until 3.6: nobody holds it where it is null. -1: not made yet.
    const Address holder = address_at(index);
    const bool is_held = i.gil_locked == i.gil_last_holder ? !holder.IsNull() : locked > 0;
    gils_[i.state] = Gil{holder, is_held};
    ++index;
  }
  return changed || (!interpreters_.empty() && address_at(index) != interpreters_.front().state);
}

void Sampler::Adopt(const ThreadList& list, RunFigures& figures) {
  interpreters_ = list.interpreters;
  std::vector<std::unique_ptr<ThreadSampler>> adopted;
  adopted.reserve(list.threads.size());
  std::map<Address, std::unique_ptr<ThreadSampler>*> known;
  for (auto& t : threads_) known[t->thread().state] = &t;
  for (const PythonThread& thread : list.threads) {
    const auto found = known.find(thread.state);
    if (found != known.end() && *found->second && (*found->second)->IsSameThread(thread)) {
      adopted.push_back(std::move(*found->second));
      continue;
    }
    auto sampler =
        std::make_unique<ThreadSampler>(runtime_.layout, *codes_, stacks_, thread, target_.pid());
    sampler->SetRoot(options_.thread_roots ? RootOf(thread) : options_.root);
    adopted.push_back(std::move(sampler));
    ++figures.threads;
  }
  threads_ = std::move(adopted);
  if (!unnamed_roots_.empty() && listed_ - names_read_ >= kNamesEvery) {
    names_read_ = listed_;
    NameThreads();
  }
}

StackId Sampler::RootOf(const PythonThread& thread) {
  // The kernel's id in the line's place keeps apart two threads that had the same ident in turn.
  Frame frame;
  frame.function = stacks_.strings().Intern(fmt::format("thread ({:#x})", thread.ident));
  frame.line = static_cast<std::uint32_t>(thread.tid);
  frame.kind = FrameKind::kThread;
  const FrameId id = stacks_.InternFrame(frame);
  unnamed_roots_[id] = thread.ident;
  return stacks_.Push(options_.root, id);
}

void Sampler::NameThreads() {
  if (unnamed_roots_.empty() || interpreters_.empty()) return;
  const auto names = ReadThreadNames(target_.memory(), runtime_, interpreters_.back().state);
  for (auto root = unnamed_roots_.begin(); root != unnamed_roots_.end();) {
    const auto name = names.find(root->second);
    if (name == names.end()) {
      ++root;
      continue;
    }
    stacks_.Rename(root->first, stacks_.strings().Intern(
                                    fmt::format("thread ({:#x}): {}", root->second, name->second)));
    root = unnamed_roots_.erase(root);
  }
}

std::vector<MemoryRange> Sampler::LastRanges() const {
  std::vector<MemoryRange> ranges;
  for (const auto& thread : threads_) {
    const SnapshotMemory& snapshot = thread->snapshot();
    for (std::size_t i = 0; i < snapshot.size(); ++i) ranges.push_back(snapshot.range(i));
  }
  return ranges;
}

ThreadState Sampler::StateOf(ThreadSampler& thread, TimePoint now, const Gil& gil) const {
  ThreadState state;
  const ThreadActivity& activity = thread.Activity(now);
  state.on_cpu = activity.on_cpu;
  state.holds_gil = gil.locked && gil.last_holder == thread.thread().state;
  if (!state.holds_gil && activity.system_call == SYS_futex) {
    for (const Interpreter& i : interpreters_) {
      if (i.state != thread.thread().interpreter || i.gil_last_holder.IsNull()) continue;
      state.waits_for_gil = activity.first_argument - i.gil_last_holder < kGilBytes;
    }
  }
  return state;
}

void Sampler::SampleWaitingTasks(TimePoint now, RunFigures& figures) {
  if (options_.async_mode == AsyncMode::kAll) {
    task_threads_.clear();
    for (const auto& t : threads_) {
      const PythonThread& thread = t->thread();
      task_threads_.push_back(
          {thread.state, thread.interpreter, thread.ident, TidOf(thread), t->root()});
    }
    tasks_->VisitWaiting(now, task_threads_, [&](const WaitingStack& waiting) {
      Sample sample;
      sample.time = now;
      sample.pid = target_.pid();
      sample.tid = waiting.tid;
      sample.stack = waiting.stack;
      sample.cut = waiting.is_cut;
      sample.is_waiting_task = true;
      if (sample.cut) ++figures.cut;
      ++figures.samples;
      for (SampleSink* sink : sinks_) sink->OnSample(sample);
    });
  }
  tasks_->Report(figures);
}

Sampler::Tick Sampler::TakeTick(TimePoint now, RunFigures& figures) {
  if (const Tick refreshed = Refresh(now, figures); refreshed != Tick::kGoOn) return refreshed;
  if (tasks_ != nullptr) tasks_->BeginTick(now, interpreters_);
  std::size_t gone = 0;
  for (const auto& thread : threads_) {
    const auto gil = gils_.find(thread->thread().interpreter);
    Sample sample;
    sample.state = StateOf(*thread, now, gil == gils_.end() ? Gil{} : gil->second);
    if (options_.mode == SampleMode::kGil && !sample.state.holds_gil) continue;
    if (options_.mode == SampleMode::kCpu && !sample.state.on_cpu) continue;
    const WalkEnd end = thread->Take(target_.memory(), now, tasks_.get(), sample.stack);
    if (end == WalkEnd::kGone) ++gone;
    if (end == WalkEnd::kRejected) ++figures.rejected;
    if (end == WalkEnd::kCut) ++figures.cut;
    if (end != WalkEnd::kComplete && end != WalkEnd::kCut) continue;
    sample.time = now;
    sample.pid = target_.pid();
    sample.tid = TidOf(thread->thread());
    sample.cut = end == WalkEnd::kCut;
    ++figures.samples;
    for (SampleSink* sink : sinks_) sink->OnSample(sample);
  }
  if (tasks_ != nullptr) SampleWaitingTasks(now, figures);
  if (gone > 0) {
    list_stale_ = true;
    if (gone == threads_.size()) return WhyGone();
  }
  return Tick::kGoOn;
}

}  // namespace osprey
