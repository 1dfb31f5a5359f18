#include "osprey/sampler/sampler.h"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>

#include "osprey/python/code_cache.h"
#include "sampler/thread_sampler.h"

namespace osprey {
namespace {

// New threads are looked for at every tick of the default rate, and no more often.
constexpr Duration kHeadsEvery = std::chrono::microseconds(500);
constexpr Duration kListEvery = std::chrono::milliseconds(100);
constexpr Duration kIdentityEvery = std::chrono::milliseconds(100);
// As stale as the kernel's word on a thread may be (thread_sampler.cpp).
constexpr Duration kGilAge = std::chrono::microseconds(50);
constexpr Duration kNamesEvery = std::chrono::milliseconds(50);
// The GIL's struct (Include/internal/pycore_gil.h) is under 200 bytes: its condition variable and
// mutex follow `locked`. A thread that waits for the GIL waits on a futex inside.
constexpr std::uint64_t kGilBytes = 200;

}  // namespace

Sampler::Sampler(const LiveTarget& target, Runtime runtime, StackTable& stacks,
                 const SamplerOptions& options)
    : target_(target),
      runtime_(std::move(runtime)),
      stacks_(stacks),
      options_(options),
      codes_(std::make_unique<CodeCache>(target.memory(), runtime_.layout, stacks)),
      identity_(target.ProgramIdentity().value_or("")) {}

Sampler::~Sampler() = default;

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
  if (!list_stale_ && now - heads_checked_ < kHeadsEvery) return Tick::kGoOn;
  heads_checked_ = now;
  if (!list_stale_ && now - listed_ < kListEvery && !HeadsChanged()) return Tick::kGoOn;
  const auto list = ListThreads(target_.memory(), runtime_);
  if (!list) {
    const Tick why = WhyGone();
    if (why == Tick::kGoOn) ++figures.errors["thread_list"];
    return why;
  }
  listed_ = now;
  list_stale_ = false;
  Adopt(*list, figures);
  return Tick::kGoOn;
}

bool Sampler::HeadsChanged() {
  std::vector<MemoryRange> ranges;
  for (const Interpreter& i : interpreters_) {
    ranges.push_back({i.state + runtime_.layout.interpreter_state.threads_head, sizeof(Address)});
  }
  ranges.push_back(
      {runtime_.address + runtime_.layout.runtime_state.interpreters_head, sizeof(Address)});
  if (ranges.size() > 512) return true;  // more interpreters than one call can take
  std::vector<Address> heads(ranges.size());
  const auto bytes = std::as_writable_bytes(std::span(heads));
  const auto arrived = target_.memory().ReadRanges(ranges, bytes);
  if (!arrived || *arrived != bytes.size()) return true;
  for (std::size_t i = 0; i < interpreters_.size(); ++i) {
    if (heads[i] != interpreters_[i].first_thread) return true;
  }
  return !interpreters_.empty() && heads.back() != interpreters_.front().state;
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
    if (options_.thread_roots) sampler->SetRoot(RootOf(thread));
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
  return stacks_.Push(kRootStack, id);
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

void Sampler::ReadGils() {
  gils_.clear();
  for (const Interpreter& i : interpreters_) {
    if (i.gil_locked.IsNull()) continue;
    const std::array<MemoryRange, 2> ranges{{{i.gil_last_holder, 8}, {i.gil_locked, 4}}};
    std::array<std::byte, 12> bytes{};
    const auto arrived = target_.memory().ReadRanges(ranges, bytes);
    if (!arrived || *arrived != bytes.size()) continue;
    Gil gil;
    std::int32_t locked = 0;
    std::copy_n(bytes.begin(), 8, std::as_writable_bytes(std::span(&gil.last_holder, 1)).begin());
    std::copy_n(bytes.begin() + 8, 4, std::as_writable_bytes(std::span(&locked, 1)).begin());
    gil.locked = locked > 0;  // -1: not made yet
    gils_[i.state] = gil;
  }
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

Sampler::Tick Sampler::TakeTick(TimePoint now, RunFigures& figures) {
  if (const Tick refreshed = Refresh(now, figures); refreshed != Tick::kGoOn) return refreshed;
  if (options_.mode == SampleMode::kGil || now - gils_read_ >= kGilAge) {
    gils_read_ = now;
    ReadGils();
  }
  std::size_t gone = 0;
  for (const auto& thread : threads_) {
    const auto gil = gils_.find(thread->thread().interpreter);
    Sample sample;
    sample.state = StateOf(*thread, now, gil == gils_.end() ? Gil{} : gil->second);
    if (options_.mode == SampleMode::kGil && !sample.state.holds_gil) continue;
    if (options_.mode == SampleMode::kCpu && !sample.state.on_cpu) continue;
    const WalkEnd end = thread->Take(target_.memory(), now, sample.stack);
    if (end == WalkEnd::kGone) ++gone;
    if (end == WalkEnd::kRejected) ++figures.rejected;
    if (end == WalkEnd::kCut) ++figures.cut;
    if (end != WalkEnd::kComplete && end != WalkEnd::kCut) continue;
    sample.time = now;
    sample.pid = target_.pid();
    sample.tid = thread->thread().tid != 0 ? thread->thread().tid
                                           : static_cast<std::int64_t>(thread->thread().ident);
    sample.cut = end == WalkEnd::kCut;
    ++figures.samples;
    for (SampleSink* sink : sinks_) sink->OnSample(sample);
  }
  if (gone > 0) {
    list_stale_ = true;
    if (gone == threads_.size()) return WhyGone();
  }
  return Tick::kGoOn;
}

}  // namespace osprey
