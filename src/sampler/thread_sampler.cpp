#include "sampler/thread_sampler.h"

#include <algorithm>
#include <cstring>

#include "osprey/python/evaluation_entries.h"

namespace osprey {
namespace {

// How stale the kernel's word may be: far below what a person sees, and rare enough at the
// highest rates to cost little (one answer takes about 1 us).
constexpr Duration kActivityAge = std::chrono::microseconds(50);
// A walk that takes this many times as long as walks of this thread do was interrupted.
constexpr int kInterruptedTimes = 3;
constexpr Duration kAlwaysFine = std::chrono::microseconds(5);
// How many walks make up "as walks do": a mean that moves, and that outliers hardly touch.
constexpr int kUsualOver = 16;
// After this much time without a walk, what it touches has left the processor's caches.
constexpr Duration kCold = std::chrono::microseconds(200);
constexpr int kMaxInterrupted = 3;
constexpr int kMaxRenamed = 8;
// Code that is checked so soon after the walk began is what was there then: no function ends and
// another is compiled in that time. To copy again whenever some was replaced would miss functions
// that live no longer than that takes.
constexpr Duration kPrompt = std::chrono::microseconds(15);

// Whether what took that long was not interrupted; `usual` follows what it takes.
bool WasUsual(Duration took, Duration& usual) {
  const bool was_usual = took < kInterruptedTimes * usual + kAlwaysFine;
  usual += (std::min(took, 2 * usual + kAlwaysFine) - usual) / kUsualOver;
  return was_usual;
}

}  // namespace

ThreadSampler::ThreadSampler(const Layout& layout, CodeCache& codes, StackTable& stacks,
                             const PythonThread& thread, pid_t pid)
    : thread_(thread),
      codes_(codes),
      stacks_(stacks),
      layout_(layout),
      slept_(pid, thread.tid),
      walker_(layout, codes, thread.interpreter, thread.state) {
  walker_.CopyThreadState(WalkedThreadBytes(layout));
  activity_.on_cpu = true;
  if (thread.tid == 0) return;
  if (auto reader = ThreadActivityReader::Open(pid, thread.tid)) {
    activity_reader_ = std::move(*reader);
  }
}

const ThreadActivity& ThreadSampler::Activity(TimePoint now) {
  if (!activity_reader_ || now - activity_time_ < kActivityAge) return activity_;
  activity_time_ = now;
  if (const auto read = activity_reader_->Read()) {
    activity_ = *read;
  } else {
    activity_ = ThreadActivity{};  // ended: certainly not on a CPU
    has_ended_ = read.error().code == ErrorCode::kNoSuchProcess;
    if (has_ended_) activity_reader_.reset();
  }
  return activity_;
}

const ThreadActivity& ThreadSampler::LookAgain() {
  activity_time_ = TimePoint();
  return Activity(Clock::now());
}

bool ThreadSampler::IsAlive() const {
  if (!activity_reader_) return thread_.tid == 0;
  const auto read = activity_reader_->Read();
  return read || read.error().code != ErrorCode::kNoSuchProcess;
}

bool ThreadSampler::IsCold(TimePoint now) const { return now - warm_at_ >= kCold; }

SnapshotMemory& ThreadSampler::WarmedRanges(TimePoint now) {
  warm_at_ = now;
  return walker_.Ranges();
}

void ThreadSampler::Take(const Memory& memory, TimePoint now, std::uint64_t look,
                         TaskSampler* tasks) {
  // What cannot be read is for the walk to find out.
  if (activity_.on_cpu && IsCold(now)) static_cast<void>(walker_.Ranges().Refill(memory));
  warm_at_ = now;
  Duration trust = Trust(now);
  for (int attempt = 0; attempt < kMaxRenamed; ++attempt) {
    const WalkEnd end = tasks == nullptr ? Walk(memory) : WalkWithTasks(memory, now, *tasks);
    if (Finish(end, now, look, trust)) break;
    // Code has been replaced: before the copy, or in the long time after it? Another copy tells.
    trust = Duration(0);
    taken_.end = WalkEnd::kRejected;
  }
}

void ThreadSampler::CopyStill(const Memory& memory, TimePoint now, TaskSampler* tasks) {
  warm_at_ = now;
  is_still_ = true;
  still_end_ = tasks == nullptr ? Walk(memory) : WalkWithTasks(memory, now, *tasks);
  is_still_ = false;
  if (still_end_ == WalkEnd::kComplete) {
    PlaceEntries(layout_, memory, thread_.state, frames_);
  }
}

void ThreadSampler::TakeStill(TimePoint now, std::uint64_t look) {
  // Code that was replaced since may have given its name to a frame: there is no second copy of
  // that moment.
  if (!Finish(still_end_, now, look, Trust(now))) taken_.end = WalkEnd::kRejected;
}

StackId ThreadSampler::PushFrame(std::size_t index, StackId stack) const {
  const StackId before = index == 0 ? root_ : known_[index - 1].stack;
  std::vector<FrameId> added;
  for (StackId at = known_[index].stack; at != before; at = stacks_.node(at).parent) {
    added.push_back(stacks_.node(at).frame);
  }
  for (std::size_t i = added.size(); i-- > 0;) stack = stacks_.Push(stack, added[i]);
  return stack;
}

WalkEnd ThreadSampler::Walk(const Memory& memory) {
  WalkEnd end = WalkEnd::kRejected;
  if (is_still_) {
    began_ = Clock::now();
    end = walker_.WalkStill(memory, frames_);
    copied_ = Clock::now();
    return end;
  }
  for (int attempt = 0; attempt < kMaxInterrupted; ++attempt) {
    const TimePoint start = Clock::now();
    end = walker_.Walk(memory, frames_);
    began_ = start;
    copied_ = Clock::now();
    // The kernel took the processor away in the middle of the copy: it shows two moments. That has
    // nothing to do with what the target does, so that taking it again distorts nothing.
    if (WasUsual(copied_ - start, usual_)) break;
  }
  return end;
}

void ThreadSampler::TakeCopy(const Memory& memory, const Result<std::size_t>& arrived,
                             TimePoint now, std::uint64_t look) {
  const WalkEnd end = walker_.WalkCopy(memory, arrived, frames_);
  began_ = copied_ = now;
  if (!Finish(end, now, look, Trust(now))) Take(memory, now, look, nullptr);
}

bool ThreadSampler::Finish(WalkEnd end, TimePoint now, std::uint64_t look, Duration trust) {
  taken_at_ = now;
  taken_look_ = look;
  // Another thread may have come in its place.
  taken_.end = end == WalkEnd::kGone || CopiedIdent() == thread_.ident ? end : WalkEnd::kGone;
  if (taken_.end == WalkEnd::kGone) return true;
  const std::uint64_t replaced = codes_.replaced();
  const std::uint64_t torn = codes_.torn();
  if (end == WalkEnd::kComplete || end == WalkEnd::kCut) {
    taken_.stack = Resolve(copied_, trust);
  }
  if (exceptions_ != nullptr) {
    taken_.has_exception = exceptions_->HasException(thread_.state, walker_.thread_state());
  }
  const bool is_prompt = codes_.rechecked() - began_ < kPrompt;
  return codes_.torn() == torn && (codes_.replaced() == replaced || is_prompt);
}

std::uint64_t ThreadSampler::CopiedIdent() const {
  std::uint64_t ident = 0;
  std::memcpy(&ident, walker_.thread_state() + layout_.thread_state.thread_id, sizeof ident);
  return ident;
}

bool ThreadSampler::HasFrame(Address frame) const {
  return std::any_of(known_.begin(), known_.end(),
                     [frame](const KnownFrame& k) { return k.frame == frame; });
}

bool ThreadSampler::HasFramesAbove(Address frame) const {
  return HasFrame(frame) && known_.back().frame != frame;
}

StackId ThreadSampler::WithMarker(FrameId marker, Address frame) {
  const auto below = std::find_if(known_.begin(), known_.end(),
                                  [frame](const KnownFrame& k) { return k.frame == frame; });
  if (frame.IsNull() || below == known_.end()) return stacks_.Push(taken_.stack, marker);
  StackId stack = stacks_.Push(below->stack, marker);
  const std::size_t depth = stacks_.Frames(below->stack).size();
  const std::vector<FrameId> all = stacks_.Frames(taken_.stack);
  for (std::size_t i = depth; i < all.size(); ++i) stack = stacks_.Push(stack, all[i]);
  return stack;
}

WalkEnd ThreadSampler::WalkWithTasks(const Memory& memory, TimePoint now, TaskSampler& tasks) {
  WalkEnd end = WalkEnd::kRejected;
  for (int attempt = 0; attempt < kMaxInterrupted; ++attempt) {
    const TimePoint start = Clock::now();
    tasks.BeforeWalk(thread_);
    end = Walk(memory);
    if (end != WalkEnd::kComplete && end != WalkEnd::kCut) return end;
    bool is_cut = false;
    const std::size_t same = Splice(tasks.AfterWalk(thread_, frames_, now, is_cut));
    if (same < known_.size()) known_.resize(same);
    if (is_cut) end = WalkEnd::kCut;
    // A task that ran when the stack was copied may have made room for another one since.
    if (WasUsual(Clock::now() - start, usual_with_tasks_)) break;
  }
  tasks.Confirm();
  return end;
}

std::size_t ThreadSampler::Splice(const std::vector<SplicedFrames>& spliced) {
  std::size_t same = SIZE_MAX;
  for (std::size_t i = 0; i < std::max(spliced.size(), spliced_.size()); ++i) {
    if (i < spliced.size() && i < spliced_.size() && spliced[i] == spliced_[i]) continue;
    if (i < spliced.size()) same = spliced[i].at;
    if (i < spliced_.size()) same = std::min(same, spliced_[i].at);
    spliced_ = spliced;
    break;
  }
  return same;
}

Duration ThreadSampler::Trust(TimePoint now) const {
  return codes_.HasTimeToRecheck(now) ? Duration(0) : kMostTrust;
}

StackId ThreadSampler::Resolve(TimePoint now, Duration trust) {
  if (replaced_ != codes_.replaced()) {  // some of known_ may go by the names of other code
    known_.clear();
    replaced_ = codes_.replaced();
  }
  std::size_t same = 0;
  while (same < known_.size() && same < frames_.size() &&
         known_[same].frame == frames_[same].frame && known_[same].code == frames_[same].code &&
         known_[same].byte_offset == frames_[same].byte_offset) {
    ++same;
  }
  // A frame that looks like the one before may be another call, of other code in the same place.
  const bool must_prove = now - proven_at_ >= trust;
  if (same == frames_.size() && !must_prove) {
    known_.resize(same);
    return same == 0 ? root_ : known_.back().stack;
  }
  recheck_.clear();
  std::optional<std::uint64_t> generation = walker_.code_object_generation();
  // Each interpreter counts for itself, and may get memory that was another's.
  if (generation) *generation += thread_.interpreter.value;
  bool is_proven = must_prove;
  for (std::size_t i = must_prove ? 0 : same; i < frames_.size(); ++i) {
    CodeObject& code = *frames_[i].code;
    if (generation && code.generation == generation) continue;  // none has been freed since
    if (code.checked < now && now - code.checked >= trust) {
      recheck_.push_back(&code);
      code.checked = now;  // one check does for all of its frames
    } else if (code.checked < now) {
      is_proven = false;
    }
  }
  is_proven_ = is_proven;
  if (must_prove) proven_at_ = now;
  if (!recheck_.empty() && !codes_.Recheck(recheck_, now)) {
    known_.clear();  // stacks resolved before keep their names; new ones get the new
    replaced_ = codes_.replaced();
    same = 0;
    recheck_.clear();
  }
  // Their frames were on the stack after the generation was read: none of them was free by then.
  for (CodeObject* code : recheck_) code->generation = generation;
  known_.resize(same);
  StackId stack = same == 0 ? root_ : known_.back().stack;
  auto spliced = std::find_if(spliced_.begin(), spliced_.end(),
                              [same](const SplicedFrames& s) { return s.at >= same; });
  for (std::size_t i = same; i < frames_.size(); ++i) {
    const RawFrame& f = frames_[i];
    for (; spliced != spliced_.end() && spliced->at == i; ++spliced) {
      for (const FrameId frame : spliced->frames) stack = stacks_.Push(stack, frame);
    }
    stack = stacks_.Push(stack, codes_.FrameOf(*f.code, f.byte_offset));
    known_.push_back({f.code, f.byte_offset, f.frame, stack});
  }
  return stack;
}

}  // namespace osprey
