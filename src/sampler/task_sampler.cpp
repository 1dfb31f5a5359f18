#include "sampler/task_sampler.h"

#include <algorithm>
#include <utility>

#include "osprey/python/asyncio_debug.h"

namespace osprey {
namespace {

// How soon to look again for asyncio: soon after the start, when programs import, then seldom,
// unless a coroutine runs. What was found is looked at again too, for it may have been found while
// it was being imported.
constexpr Duration kLookFirst = std::chrono::milliseconds(10);
constexpr Duration kLookLast = std::chrono::seconds(1);
// A new event loop in a thread is told apart from the last one there after this time.
constexpr Duration kIdentsEvery = std::chrono::milliseconds(500);
// Reading the waiting tasks may take one part in this many of the time.
constexpr int kReadingShare = 3;
constexpr std::size_t kMaxRemembered = 1U << 16U;
// Looking through all tasks for those that run may take one part in this many of the time.
constexpr int kSearchShare = 20;
constexpr Duration kSearchEvery = std::chrono::milliseconds(50);

}  // namespace

TaskSampler::TaskSampler(const LiveTarget& target, const Runtime& runtime, CodeCache& codes,
                         StackTable& stacks, AsyncMode mode)
    : target_(target),
      memory_(target.memory()),
      runtime_module_(runtime.module),
      layout_(runtime.layout),
      mode_(mode),
      objects_(memory_, layout_),
      frames_(codes, stacks),
      running_graph_(memory_, layout_, codes),
      waiting_(memory_, layout_, codes, stacks, frames_) {}

void TaskSampler::BeginTick(TimePoint now, std::span<const Interpreter> interpreters) {
  shown_.clear();
  if (layout_.task_source == TaskSource::kNone) return;
  for (const Interpreter& interpreter : interpreters) {
    const auto [place, is_new] =
        places_.try_emplace(interpreter.state, AsyncioTasks(memory_, layout_, interpreter.state));
    if (is_new || now - place->second.looked >= place->second.look_after) {
      LookForAsyncio(place->second, now);
    }
  }
  if (places_.size() <= interpreters.size()) return;
  std::erase_if(places_, [&](const auto& place) {
    return std::none_of(interpreters.begin(), interpreters.end(),
                        [&](const Interpreter& i) { return i.state == place.first; });
  });
}

void TaskSampler::LookForAsyncio(Place& place, TimePoint now) {
  place.looked = now;
  place.look_after = std::clamp<Duration>(place.look_after * 3 / 2, kLookFirst, kLookLast);
  if (layout_.task_source == TaskSource::kDebugSection && layout_.task_object.node == kAbsent) {
    if (!ApplyAsyncioDebug(target_, runtime_module_, layout_)) return;
  }
  place.is_found = place.tasks.Find();
}

AsyncioTasks* TaskSampler::TasksOf(Address interpreter) {
  const auto place = places_.find(interpreter);
  return place == places_.end() || !place->second.is_found ? nullptr : &place->second.tasks;
}

void TaskSampler::BeforeWalk(const PythonThread& thread) {
  candidates_.clear();
  if (!loop_threads_.contains(thread.state)) return;
  if (AsyncioTasks* tasks = TasksOf(thread.interpreter)) {
    tasks->ReadRunning(thread.state, candidates_);
  }
}

const Task* TaskSampler::TaskOfFrame(const RawFrame& frame) const {
  for (const Address candidate : candidates_) {
    const Task* task = running_graph_.Find(candidate);
    if (task != nullptr && task->root_frame == frame.frame &&
        task->root_code == frame.code->address) {
      return task;
    }
  }
  return nullptr;
}

const std::vector<SplicedFrames>& TaskSampler::AfterWalk(const PythonThread& thread,
                                                         std::span<const RawFrame> frames,
                                                         TimePoint now, bool& is_cut) {
  spliced_.clear();
  shown_now_.clear();
  // A task's coroutine is called from C; those that it awaits follow on it.
  roots_.clear();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (!frames[i].code->IsCoroutine() || (i > 0 && frames[i - 1].code->IsSuspendable())) continue;
    roots_.push_back(i);
    const auto met = task_of_frame_.find(frames[i].frame);
    if (met != task_of_frame_.end()) candidates_.push_back(met->second);
  }
  if (roots_.empty()) {
    if (frames.empty()) loop_threads_.erase(thread.state);
    return spliced_;
  }
  AsyncioTasks* tasks = TasksOf(thread.interpreter);
  if (tasks == nullptr) {
    const auto place = places_.find(thread.interpreter);
    if (place != places_.end()) place->second.look_after = kLookFirst;
    return spliced_;
  }
  loop_threads_.insert(thread.state);
  const auto is_task = [&](std::size_t root) { return TaskOfFrame(frames[root]) != nullptr; };
  running_graph_.Read(candidates_, now);
  if (!std::all_of(roots_.begin(), roots_.end(), is_task)) {
    // It began after BeforeWalk had looked.
    const std::size_t before = candidates_.size();
    tasks->ReadRunning(thread.state, candidates_);
    if (candidates_.size() > before) running_graph_.Read(candidates_, now);
    if (!std::all_of(roots_.begin(), roots_.end(), is_task)) SearchAll(*tasks, thread, now);
  }
  for (const std::size_t root : roots_) {
    const Task* task = TaskOfFrame(frames[root]);
    if (task == nullptr) continue;
    Remember(*task);
    Splice(root, *task, is_cut);
  }
  return spliced_;
}

void TaskSampler::Confirm() {
  if (!spliced_.empty()) ++running_samples_;
  shown_.insert(shown_now_.begin(), shown_now_.end());
}

void TaskSampler::SearchAll(AsyncioTasks& tasks, const PythonThread& thread, TimePoint now) {
  if (now - searched_ < std::max(kSearchEvery, kSearchShare * search_took_)) return;
  searched_ = Clock::now();
  tasks.ReadAll(thread.state, candidates_);
  running_graph_.Read(candidates_, now);
  for (const Address candidate : candidates_) {
    const Task* task = running_graph_.Find(candidate);
    if (task != nullptr) Remember(*task);
  }
  search_took_ = Clock::now() - searched_;
}

void TaskSampler::Remember(const Task& task) {
  if (task_of_frame_.size() >= kMaxRemembered) task_of_frame_.clear();
  task_of_frame_[task.root_frame] = task.address;
}

void TaskSampler::Splice(std::size_t at, const Task& task, bool& is_cut) {
  auto chain = TaskFrames::Awaiters(running_graph_, task, is_cut);
  // An eager task runs on top of the one that made it: who stands in the stack already is not
  // shown again, nor are that one's own awaiters.
  const auto is_shown = [this](const Task* t) {
    return std::find(shown_now_.begin(), shown_now_.end(), t->address) != shown_now_.end();
  };
  chain.erase(std::find_if(chain.begin(), chain.end(), is_shown), chain.end());
  SplicedFrames& spliced = spliced_.emplace_back();
  spliced.at = at;
  for (std::size_t i = chain.size(); i-- > 0;) {
    frames_.Append(*chain[i], spliced.frames);
    shown_now_.push_back(chain[i]->address);
  }
  spliced.frames.push_back(frames_.NameFrame(task));
  shown_now_.push_back(task.address);
}

void TaskSampler::VisitWaiting(TimePoint now, std::span<const TaskThread> threads,
                               const std::function<void(const WaitingStack&)>& visit) {
  if (mode_ != AsyncMode::kAll || threads.empty()) return;
  if (!was_read_ || now - read_at_ >= kReadingShare * reading_took_) {
    was_read_ = true;
    read_at_ = Clock::now();
    ReadWaiting(now, threads);
    reading_took_ = Clock::now() - read_at_;
  }
  for (const WaitingStack& stack : waiting_.stacks()) {
    if (shown_.contains(stack.task)) continue;
    ++waiting_samples_;
    visit(stack);
  }
}

void TaskSampler::ReadWaiting(TimePoint now, std::span<const TaskThread> threads) {
  tasks_.clear();
  const auto add = [&](AsyncioTasks& tasks, Address state, std::size_t thread) {
    addresses_.clear();
    tasks.ReadAll(state, addresses_);
    for (const Address task : addresses_) tasks_.push_back({task, thread});
  };
  for (auto& [interpreter, place] : places_) {
    if (!place.is_found) continue;
    std::size_t first = threads.size();  // the newest thread comes first: this is the oldest
    for (std::size_t i = 0; i < threads.size(); ++i) {
      if (threads[i].interpreter != interpreter) continue;
      first = i;
      if (layout_.task_source == TaskSource::kDebugSection) add(place.tasks, threads[i].state, i);
    }
    if (first < threads.size()) add(place.tasks, Address{}, first);
  }
  if (now - idents_read_ >= kIdentsEvery) {
    idents_read_ = now;
    ident_of_loop_.clear();
  }
  waiting_.Read(tasks_, threads, now, [&](const Task& task, std::size_t guess) {
    return layout_.task_source == TaskSource::kDebugSection
               ? guess
               : ThreadOfLoop(task.loop, guess, threads);
  });
}

std::size_t TaskSampler::ThreadOfLoop(Address loop, std::size_t guess,
                                      std::span<const TaskThread> threads) {
  const auto [known, is_new] = ident_of_loop_.try_emplace(loop, 0);
  if (is_new) {
    // BaseEventLoop._thread_id (Lib/asyncio/base_events.py): None while the loop does not run.
    const auto loop_type = objects_.TypeOf(loop);
    if (!loop_type || !objects_.KeepsAttributes(*loop_type)) return guess;
    const auto ident = objects_.GetAttribute(loop, "_thread_id");
    const auto type = ident ? objects_.TypeOf(*ident) : ident;
    const auto name = type ? objects_.TypeName(*type) : Result<std::string>(type.error());
    if (name && *name == "int") known->second = objects_.ReadInt(*ident).value_or(0);
  }
  if (known->second == 0) return guess;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (threads[i].ident == known->second) return i;
  }
  return guess;
}

void TaskSampler::Report(RunFigures& figures) {
  auto& f = figures.asyncio;
  f.running_samples += std::exchange(running_samples_, 0);
  f.waiting_samples += std::exchange(waiting_samples_, 0);
  f.is_supported |= layout_.task_source != TaskSource::kNone;
  f.is_used |= std::any_of(places_.begin(), places_.end(),
                           [](const auto& place) { return place.second.is_found; });
}

}  // namespace osprey
