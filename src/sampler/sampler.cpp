#include "osprey/sampler/sampler.h"

#include <algorithm>
#include <utility>

#include "osprey/python/code_cache.h"
#include "osprey/python/exception_state.h"
#include "sampler/interpreter_words.h"
#include "sampler/look_schedule.h"
#include "sampler/mixed_stacks.h"
#include "sampler/moment_watch.h"
#include "sampler/own_threads.h"
#include "sampler/program_watch.h"
#include "sampler/shared_threads.h"
#include "sampler/stack_roots.h"
#include "sampler/task_sampler.h"
#include "sampler/thread_sampler.h"
#include "sampler/thread_states.h"

namespace osprey {
namespace {

// How old the word on the GIL and on new threads may be: as old as the kernel's on a thread
// (thread_sampler.cpp), and only at rates above 20 kHz not of this very tick.
constexpr Duration kWordsAge = std::chrono::microseconds(50);
// Putting all threads into another order costs some microseconds for hundreds of them. At 1,000 Hz
// every tick does.
constexpr Duration kDisturbEvery = std::chrono::microseconds(500);
constexpr Duration kListEvery = std::chrono::milliseconds(100);
// A name that is not known is asked for again, less and less often: many threads never get one.
constexpr Duration kNamesEvery = std::chrono::seconds(2);
constexpr Duration kFirstListAgain = std::chrono::microseconds(50);
// Reading names takes at most a twentieth of the time.
constexpr int kNamesShare = 20;

FrameId InternGcFrame(StackTable& stacks) {
  Frame frame;
  frame.function = stacks.strings().Intern("<gc>");
  frame.kind = FrameKind::kMarker;
  return stacks.InternFrame(frame);
}

// Of several interpreters' states of one thread only the one on top runs.
ThreadActivity ActivityOf(const ThreadSampler& thread, bool is_on_top) {
  ThreadActivity activity = thread.activity();
  if (!is_on_top) activity.on_cpu = false;
  return activity;
}

std::int64_t TidOf(const PythonThread& thread) {
  return thread.tid != 0 ? thread.tid : static_cast<std::int64_t>(thread.ident);
}

}  // namespace

Sampler::Sampler(const LiveTarget& target, Runtime runtime, StackTable& stacks,
                 const SamplerOptions& options, NativeStacks* native)
    : target_(target),
      runtime_(std::move(runtime)),
      stacks_(stacks),
      options_(options),
      codes_(std::make_unique<CodeCache>(target.memory(), runtime_.layout, stacks)),
      exceptions_(options.mode == SampleMode::kException
                      ? std::make_unique<ExceptionReader>(target.memory(), runtime_.layout)
                      : nullptr),
      mixed_(native == nullptr ? nullptr
                               : std::make_unique<MixedStacks>(target, runtime_, *native, stacks)),
      program_(std::make_unique<ProgramWatch>(target)),
      thread_ids_(target),
      words_(std::make_unique<InterpreterWords>(runtime_)),
      roots_(std::make_unique<StackRoots>(stacks, options.root, options.thread_roots)),
      schedule_(std::make_unique<LookSchedule>()),
      shared_threads_(std::make_unique<SharedThreads>()),
      gc_frame_(InternGcFrame(stacks)) {
  LearnThreadIds(target.memory(), target.ThreadIdsInside(), runtime_);
  // Tasks, which lie all over the memory, must be looked at while the thread stands.
  const bool by_processor = options.mode == SampleMode::kCpu || options.mode == SampleMode::kWall;
  if (mixed_ && by_processor && options.async_mode == AsyncMode::kOff) {
    moments_ = std::make_unique<MomentWatch>(target, runtime_, options.rate_hz);
  }
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

std::vector<MemoryRange> Sampler::LastRanges() const {
  std::vector<MemoryRange> ranges;
  for (const auto& thread : threads_) {
    const std::span<const MemoryRange> copied = thread->snapshot().ranges();
    ranges.insert(ranges.end(), copied.begin(), copied.end());
  }
  return ranges;
}

Tick Sampler::Refresh(TimePoint now, RunFigures& figures) {
  if (const Tick why = program_->Look(now); why != Tick::kGoOn) return why;
  return list_stale_ || now - listed_ >= list_every_ ? ListAgain(now, figures) : Tick::kGoOn;
}

Tick Sampler::ListAgain(TimePoint now, RunFigures& figures) {
  auto list = ListThreads(target_.memory(), runtime_);
  if (!list) {
    const Tick why = program_->WhyGone();
    // One that is ending has no memory, or no interpreter, for a moment before it is gone.
    const ErrorCode code = list.error().code;
    const bool is_ending = code == ErrorCode::kNoSuchProcess || code == ErrorCode::kNotFound;
    if (why == Tick::kGoOn && !is_ending) ++figures.errors["thread_list"];
    return why;
  }
  listed_ = now;
  list_stale_ = false;
  // Those that have not begun to run will soon, unless they never do.
  const bool is_same = list->unborn == unborn_;
  unborn_ = list->unborn;
  list_every_ = unborn_ == 0 ? kListEvery
                : is_same    ? std::min(2 * list_every_, kListEvery)
                             : kFirstListAgain;
  if (options_.own_threads_only) {
    KeepOwnThreads(runtime_.layout, list->threads, target_.ThreadIdsInside());
  }
  for (PythonThread& thread : list->threads) thread.tid = thread_ids_.Outside(thread.tid, now);
  Adopt(*list, figures);
  return Tick::kGoOn;
}

void Sampler::WarmUpAndLook(TimePoint now) {
  shared_ranges_.clear();
  std::erase_if(taken_, [&](std::uint32_t i) { return !threads_[i]->IsCold(now); });
  for (const std::uint32_t i : taken_) shared_ranges_.push_back(&threads_[i]->WarmedRanges(now));
  const bool looks = options_.mode == SampleMode::kGil || now - words_read_ >= kWordsAge;
  if (looks) shared_ranges_.push_back(&words_->words());
  const auto arrived = shared_refill_.Refill(shared_ranges_, target_.memory());
  if (looks) TakeWords(now, arrived ? Result<std::size_t>(arrived->back()) : arrived.error());
  for (std::size_t n = 0; arrived && n < taken_.size(); ++n) {
    threads_[taken_[n]]->LearnFrom(target_.memory(), (*arrived)[n]);
  }
  taken_.clear();
}

void Sampler::LookAtWords(TimePoint now) {
  TakeWords(now, words_->words().Refill(target_.memory()));
}

void Sampler::TakeWords(TimePoint now, const Result<std::size_t>& arrived) {
  words_read_ = now;
  if (words_->Take(arrived)) list_stale_ = true;
  bool is_disturbed = false;
  for (const auto& [interpreter, state] : words_->states()) {
    if (state.gil.IsUnsureAt(words_->look())) is_disturbed = true;
    if (ThreadSampler* last = Find(state.gil.last_holder())) last->WasLastHolder(words_->look());
    if (ThreadSampler* holder = Find(state.gil.holder())) holder->HeldGil(words_->look());
  }
  if (is_disturbed && now - disturbed_ >= kDisturbEvery) {
    disturbed_ = now;
    schedule_->DisturbAll();
  }
}

void Sampler::Adopt(const ThreadList& list, RunFigures& figures) {
  interpreters_ = list.interpreters;
  words_->Watch(interpreters_);
  std::vector<std::unique_ptr<ThreadSampler>> adopted;
  std::vector<std::uint32_t> before;
  adopted.reserve(list.threads.size());
  for (const PythonThread& thread : list.threads) {
    const auto found = by_state_.find(thread.state);
    if (found != by_state_.end() && threads_[found->second] &&
        threads_[found->second]->IsSameThread(thread)) {
      before.push_back(found->second);
      adopted.push_back(std::move(threads_[found->second]));
      continue;
    }
    before.push_back(LookSchedule::kNew);
    auto sampler =
        std::make_unique<ThreadSampler>(runtime_.layout, *codes_, stacks_, thread, target_.pid());
    sampler->LookForExceptions(exceptions_.get(), runtime_.layout);
    sampler->SetRoot(roots_->Of(thread, interpreters_));
    adopted.push_back(std::move(sampler));
    if (!is_counted_ || !is_counted_(thread.tid)) ++figures.threads;
  }
  threads_ = std::move(adopted);
  taken_.clear();
  by_state_.clear();
  tids_.clear();
  for (const auto& thread : threads_) tids_.insert(thread->thread().tid);
  for (std::uint32_t i = 0; i < threads_.size(); ++i) by_state_[threads_[i]->thread().state] = i;
  schedule_->Renumber(before);
  if (moments_) moments_->Follow(list.threads);
  shared_threads_->Find(threads_);
  roots_->Forget(list.threads);
  // New ones get a name soon, or never.
  if (std::find(before.begin(), before.end(), LookSchedule::kNew) != before.end()) {
    names_wait_ = Duration(0);
  }
}

void Sampler::NameThreads() {
  const TimePoint start = Clock::now();
  roots_->NameThreads(
      target_.memory(), runtime_, interpreters_, [this](const PythonThread& thread) {
        const ThreadSampler* sampler = Find(thread.state);
        return sampler != nullptr && sampler->IsSameThread(thread) && sampler->IsAlive();
      });
  names_read_ = Clock::now();
  names_wait_ =
      std::max(std::min(2 * names_wait_, kNamesEvery), kNamesShare * (names_read_ - start));
}

ThreadSampler* Sampler::Find(Address state) {
  const auto found = by_state_.find(state);
  return found == by_state_.end() ? nullptr : threads_[found->second].get();
}

Address Sampler::MainInterpreter() const {
  return interpreters_.empty() ? Address() : interpreters_.back().state;
}

bool Sampler::Runs(std::uint32_t thread, TimePoint now) {
  const bool runs = threads_[thread]->Activity(now).on_cpu;
  if (threads_[thread]->TakeEnd()) has_ended_ = true;
  return runs;
}

void Sampler::LookAtRunning(TimePoint now) {
  const auto runs = [&](std::uint32_t thread) { return Runs(thread, now); };
  if (!GoesByGil()) schedule_->LookAtRunning(now, runs);
  for (const auto& [interpreter, state] : words_->states()) {
    // Who holds the GIL runs, and who took it last has just run.
    for (const Address who : {state.gil.last_holder(), state.gil.holder()}) {
      const auto found = by_state_.find(who);
      if (found == by_state_.end()) continue;
      // Until 3.12 the state of a subinterpreter's thread names the thread that created it, not the
      // one that runs it: the GIL knows better.
      const bool is_sub = threads_[found->second]->thread().interpreter != MainInterpreter();
      const bool holds = is_sub && state.gil.IsHeldBy(who);
      schedule_->Saw(found->second, runs(found->second) || holds, now);
    }
  }
}

void Sampler::ChooseRunning() {
  if (!GoesByGil()) {
    chosen_ = schedule_->running();
    return;
  }
  chosen_.clear();
  for (const auto& [interpreter, state] : words_->states()) {
    const auto holder = by_state_.find(state.gil.holder());
    if (holder == by_state_.end()) continue;
    // Interpreters may share a GIL: each finds its holder.
    if (threads_[holder->second]->thread().interpreter != interpreter) continue;
    chosen_.push_back(holder->second);
  }
}

void Sampler::ChooseWaiting(TimePoint now) {
  chosen_.clear();
  if (GoesByGil()) return;
  const auto runs = [&](std::uint32_t thread) { return Runs(thread, now); };
  schedule_->LookAtWaiting(now, runs, chosen_);
  if (options_.mode == SampleMode::kCpu || options_.mode == SampleMode::kGil) return;
  for (std::uint32_t i = 0; i < threads_.size(); ++i) {
    if (!schedule_->IsRunning(i)) chosen_.push_back(i);
  }
}

const InterpreterState* Sampler::InterpreterOf(const ThreadSampler& thread) const {
  return words_->Find(thread.thread().interpreter);
}

bool Sampler::GoesByGil() const {
  return options_.mode == SampleMode::kGil && runtime_.layout.gil.enabled == kAbsent;
}

StackId Sampler::WithGcFrame(ThreadSampler& thread, const InterpreterState& interpreter,
                             TimePoint now) {
  const Address frame = interpreter.collection_frame;
  // Code that the collector calls may give the GIL away: then another thread runs meanwhile.
  if (!frame.IsNull() && !thread.HasFrame(frame)) return thread.taken().stack;
  if (!thread.HasFramesAbove(frame)) return thread.WithMarker(gc_frame_, frame);
  // Did the collector call those, or has it ended since its words were read? It did where it is at
  // work before and after a walk.
  const StackId without = thread.taken().stack;
  const auto is_collecting = [&] {
    LookAtWords(now);
    return interpreter.collects && interpreter.collection_frame == frame;
  };
  if (!is_collecting()) return without;
  thread.Take(target_.memory(), now, words_->look(), tasks_.get());
  if (thread.taken().end != WalkEnd::kComplete || !is_collecting()) return without;
  return thread.WithMarker(gc_frame_, frame);
}

void Sampler::Deliver(ThreadSampler& thread, const InterpreterState* interpreter, bool is_on_top,
                      TimePoint now, RunFigures& figures) {
  const ThreadSampler::Taken taken = thread.taken();
  if (taken.end == WalkEnd::kGone) ++gone_;
  if (taken.end == WalkEnd::kRejected) ++figures.rejected;
  if (taken.end != WalkEnd::kComplete && taken.end != WalkEnd::kCut) return;
  Emit(thread, interpreter, ActivityOf(thread, is_on_top),
       {taken.stack, taken.end == WalkEnd::kCut}, now, figures);
}

void Sampler::Emit(ThreadSampler& thread, const InterpreterState* interpreter,
                   const ThreadActivity& activity, TakenStack taken, TimePoint now,
                   RunFigures& figures) {
  if (options_.mode == SampleMode::kException && !thread.taken().has_exception) return;
  Sample sample;
  sample.state = StateOf(runtime_.layout, thread.thread().state, activity, interpreter,
                         thread.IsAttached(runtime_.layout));
  if (options_.mode == SampleMode::kGil && !sample.state.holds_gil) return;
  sample.stack = taken.stack;
  // Among native frames the collector's own stand for it.
  if (sample.state.holds_gil && interpreter->collects && mixed_ == nullptr) {
    sample.stack = WithGcFrame(thread, *interpreter, now);
  }
  sample.time = now;
  sample.pid = target_.pid();
  sample.tid = TidOf(thread.thread());
  sample.cut = taken.is_cut;
  if (sample.cut) ++figures.cut;
  ++figures.samples;
  for (SampleSink* sink : sinks_) sink->OnSample(sample);
}

void Sampler::TakeMixed(std::uint32_t i, const InterpreterState* interpreter, TimePoint now,
                        RunFigures& figures) {
  ThreadSampler& thread = *threads_[i];
  const bool runs = schedule_->IsRunning(i);
  if (runs && moments_ && moments_->Watches(thread.thread().tid)) return;
  auto taken = runs ? std::nullopt : thread.slept().Find();
  if (!taken) {
    taken = runs ? mixed_->Take(thread, now, words_->look(), tasks_.get(), figures)
                 : mixed_->TakeAsleep(thread, now, words_->look(), tasks_.get(), figures);
    if (thread.IsAttached(runtime_.layout)) thread.HeldGil(words_->look());
  }
  const bool is_on_top = shared_threads_->IsOnTop(threads_, i, words_->look());
  if (options_.mode == SampleMode::kCpu && !is_on_top) return;
  const WalkEnd end = thread.taken().end;
  if (end == WalkEnd::kGone) {
    ++gone_;
    return;
  }
  Emit(thread, interpreter, ActivityOf(thread, is_on_top), *taken, now, figures);
}

void Sampler::TakeMoments(TimePoint now, RunFigures& figures) {
  for (const auto& thread : threads_) thread->allowance().AllowOne();
  ThreadActivity runs;
  runs.on_cpu = true;
  moments_->Read(now, [&](const MomentSample& moment) {
    const auto found = std::find_if(threads_.begin(), threads_.end(), [&](const auto& thread) {
      return thread->thread().tid == moment.tid;
    });
    if (found == threads_.end() && others_) others_(moment);
    if (found == threads_.end() || !moment.is_watched) return true;
    if (!(*found)->allowance().TakeOne()) return true;
    ThreadSampler& thread = **found;
    const auto taken = mixed_->TakeMoment(thread, moment, now, words_->look());
    if (thread.IsAttached(runtime_.layout)) thread.HeldGil(words_->look());
    if (thread.taken().end == WalkEnd::kGone) {
      list_stale_ = true;
    } else {
      Emit(thread, InterpreterOf(thread), runs, taken.stack, moment.time, figures);
    }
    return taken.was_enough;
  });
  figures.rejected += moments_->TakeLost();
}

bool Sampler::SamplesOthers() const { return moments_ && moments_->is_on(); }

NativeCopying Sampler::native_copying() const {
  return mixed_ ? mixed_->copying() : NativeCopying{};
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

Tick Sampler::TakeTick(TimePoint now, RunFigures& figures) {
  // What ran at the last tick runs again, most likely. The copy that warms the caches comes before
  // the words, so that no time passes between those and the walk that counts.
  WarmUpAndLook(now);
  if (const Tick refreshed = Refresh(now, figures); refreshed != Tick::kGoOn) return refreshed;
  gone_ = 0;
  if (roots_->HasUnnamed() && now - names_read_ >= names_wait_) NameThreads();
  if (tasks_ != nullptr) tasks_->BeginTick(now, interpreters_);
  LookAtRunning(now);
  // Another thread may have come in the place of one that has ended, with its state and its ident.
  if (std::exchange(has_ended_, false)) {
    if (const Tick listed = ListAgain(now, figures); listed != Tick::kGoOn) return listed;
    LookAtRunning(now);
  }
  if (moments_ && moments_->is_on()) TakeMoments(now, figures);
  ChooseRunning();
  TakeChosen(now, figures);
  ChooseWaiting(now);
  TakeChosen(now, figures);
  if (std::exchange(has_ended_, false)) list_stale_ = true;
  if (tasks_ != nullptr) SampleWaitingTasks(now, figures);
  if (gone_ > 0) {
    list_stale_ = true;
    if (gone_ == threads_.size()) return program_->WhyGone();
  }
  return Tick::kGoOn;
}

void Sampler::TakeChosen(TimePoint now, RunFigures& figures) {
  shared_.clear();
  const InterpreterState* interpreter = nullptr;
  Address whose;  // most threads belong to the interpreter of the one before
  for (const std::uint32_t i : chosen_) {
    ThreadSampler& thread = *threads_[i];
    if (thread.thread().interpreter != whose) {
      interpreter = InterpreterOf(thread);
      whose = thread.thread().interpreter;
    }
    if (mixed_ != nullptr && thread.thread().tid != 0) {
      TakeMixed(i, interpreter, now, figures);
      continue;
    }
    // Tasks change while the thread's own stack stands still, and are looked at around its walk.
    const bool has_tasks = tasks_ != nullptr;
    if (has_tasks || interpreter == nullptr || !thread.IsUnchanged(now, interpreter->gil)) {
      if (!has_tasks && !schedule_->IsRunning(i)) {
        shared_.push_back(i);
        continue;
      }
      thread.Take(target_.memory(), now, words_->look(), tasks_.get());
      // Without a GIL, who runs Python code is as good as its holder.
      if (thread.IsAttached(runtime_.layout)) thread.HeldGil(words_->look());
      taken_.push_back(i);
    }
    const bool is_on_top = shared_threads_->IsOnTop(threads_, i, words_->look());
    if (options_.mode == SampleMode::kCpu && !is_on_top) continue;
    Deliver(thread, interpreter, is_on_top, now, figures);
  }
  TakeShared(now, figures);
}

void Sampler::TakeShared(TimePoint now, RunFigures& figures) {
  if (shared_.empty()) return;
  shared_ranges_.clear();
  for (const std::uint32_t i : shared_) shared_ranges_.push_back(&threads_[i]->Ranges());
  const std::uint64_t look = words_->look();
  const auto arrived = shared_refill_.Refill(shared_ranges_, target_.memory());
  if (!arrived) {
    gone_ += shared_.size();
    return;
  }
  for (std::size_t n = 0; n < shared_.size(); ++n) {
    ThreadSampler& thread = *threads_[shared_[n]];
    thread.TakeCopy(target_.memory(), (*arrived)[n], now, look);
    Deliver(thread, InterpreterOf(thread), true, now, figures);
  }
}

}  // namespace osprey
