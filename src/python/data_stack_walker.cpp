#include "osprey/python/data_stack_walker.h"

#include <algorithm>

#include "python/interpreter_frame.h"

namespace osprey {
namespace {

// Each round learns at least one range; real stacks have few generators and shims.
constexpr int kMaxAttempts = 64;
constexpr unsigned kForgetAfter = 64;  // walks

RawFrame MakeFrame(const LiveFrame& live) {
  return {live.frame, live.code, live.byte_offset, live.is_entry, Address{}};
}

}  // namespace

SnapshotMemory& DataStackWalker::Ranges() {
  if (ranges_stale_ || chunks_.is_stale() || outside_.is_stale()) BuildRanges();
  return snapshot_;
}

WalkEnd DataStackWalker::WalkCopy(const Memory& memory, Result<std::size_t> arrived,
                                  std::vector<RawFrame>& frames) {
  WalkEnd end = WalkEnd::kRejected;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    frames.clear();
    if (attempt > 0) arrived = Ranges().Refill(memory);
    switch (Attempt(memory, arrived, frames, end)) {
      case Step::kDone:
        ForgetUnused();
        return end;
      case Step::kGone:
        return WalkEnd::kGone;
      case Step::kAgain:
        break;
    }
  }
  // The links never closed: what the chunks themselves prove is true, if not all.
  frames.clear();
  for (const LiveFrame& live : live_frames_.frames()) frames.push_back(MakeFrame(live));
  return frames.empty() ? WalkEnd::kRejected : WalkEnd::kCut;
}

WalkEnd DataStackWalker::WalkStill(const Memory& memory, std::vector<RawFrame>& frames) {
  is_still_ = true;
  const WalkEnd end = Walk(memory, frames);
  is_still_ = false;
  return end;
}

DataStackWalker::Step DataStackWalker::Attempt(const Memory& memory,
                                               const Result<std::size_t>& arrived,
                                               std::vector<RawFrame>& frames, WalkEnd& end) {
  if (!arrived) return Step::kGone;
  live_frames_.Clear();
  if (*arrived < snapshot_.size()) return HandleShortRead(memory, *arrived);

  const std::byte* thread = snapshot_.View(thread_index_);
  if (Field<Address>(thread, layout_.thread_state.interp) != interpreter_) return Step::kGone;
  Address top;
  if (!ReadTop(thread, top)) return Step::kAgain;
  if (top.IsNull()) {
    end = WalkEnd::kNoFrames;
    return Step::kDone;
  }
  switch (chunks_.FitTo(memory, Field<Address>(thread, layout_.thread_state.datastack_chunk),
                        Field<Address>(thread, layout_.thread_state.datastack_top))) {
    case DataStackChunks::Fit::kFits:
      break;
    case DataStackChunks::Fit::kMustGrow:
      return Step::kAgain;
    case DataStackChunks::Fit::kFailed:
      return Step::kDone;
  }
  Address reach;
  if (!ReadReach(top, reach)) return Step::kAgain;
  live_frames_.Collect(chunks_, snapshot_, top, reach);
  // The top pointer is older than the copy of the chunk: it may mean another call in that place.
  if (live_frames_.HasPushedLeaf()) {
    const auto now = memory.ReadAs<Address>(thread_ + layout_.thread_state.current_frame);
    if (!now || *now != top) live_frames_.DropLeaf();
  }

  const std::span<const LiveFrame> lives = live_frames_.frames();
  Address leaf = lives.empty() ? top : lives.back().frame;
  if (!chunks_.Contains(top) && reach == leaf) leaf = top;  // a generator runs on top of it
  if (is_still_ && chunks_.Contains(top) && leaf != top && !ReadCaller(memory, top, leaf)) {
    return Step::kAgain;
  }
  Address missing;
  if (FollowLinks(leaf, frames, missing)) {
    end = frames.empty() ? WalkEnd::kNoFrames : WalkEnd::kComplete;
    return Step::kDone;
  }
  if (!missing.IsNull()) outside_.Learn(missing);
  return Step::kAgain;
}

DataStackWalker::Step DataStackWalker::HandleShortRead(const Memory& memory, std::size_t arrived) {
  if (arrived == thread_index_) return Step::kGone;
  if (outside_.DropRange(arrived)) return Step::kAgain;
  if (arrived == generation_index_) {  // it is of use, but not needed
    has_generation_ = false;
    ranges_stale_ = true;
    return Step::kAgain;
  }
  // The C stack of a cframe or a chunk was unmapped: learn them anew from the thread.
  cframes_.clear();
  chunks_.Clear();
  const auto interp = memory.ReadAs<Address>(thread_ + layout_.thread_state.interp);
  return interp && *interp == interpreter_ ? Step::kAgain : Step::kGone;
}

std::optional<std::uint64_t> DataStackWalker::code_object_generation() const {
  if (!generation_index_ || ranges_stale_) return std::nullopt;
  return Field<std::uint64_t>(snapshot_.View(*generation_index_), 0);
}

void DataStackWalker::BuildRanges() {
  ranges_stale_ = false;
  snapshot_.Clear();
  outside_.AddBefore(chunks_, snapshot_);
  thread_index_ = snapshot_.Add({thread_, std::max(thread_bytes_, WalkedThreadBytes(layout_))});
  generation_index_.reset();
  if (has_generation_) {
    const Offset offset = layout_.interpreter_state.code_object_generation;
    generation_index_ = snapshot_.Add({interpreter_ + offset, sizeof(std::uint64_t)});
  }
  for (CFrame& c : cframes_) {
    c.index = snapshot_.Add({c.address + layout_.cframe.current_frame, sizeof(Address)});
  }
  chunks_.AddTo(snapshot_);
  outside_.AddAfter(snapshot_);
}

void DataStackWalker::ForgetUnused() {
  outside_.ForgetUnused();
  for (CFrame& c : cframes_) ++c.unused;
  const auto is_stale = [](const CFrame& c) { return c.unused > kForgetAfter; };
  if (std::erase_if(cframes_, is_stale) > 0) ranges_stale_ = true;
}

bool DataStackWalker::ReadTop(const std::byte* thread, Address& top) {
  top = NullIfBase(Field<Address>(thread, layout_.thread_state.current_frame));
  if (layout_.frame_chain != FrameChain::kCFrame || top.IsNull()) return true;
  const CFrame* cframe = FindCFrame(top);
  if (cframe == nullptr) {
    cframes_.push_back({top});
    ranges_stale_ = true;
    return false;
  }
  top = Field<Address>(snapshot_.View(cframe->index), 0);
  return true;
}

Address DataStackWalker::NullIfBase(Address frame) const {
  const Offset offset = layout_.thread_state.base_frame;
  if (offset == kAbsent) return frame;
  const auto base = Field<Address>(snapshot_.View(thread_index_), offset);
  return frame == base ? Address{} : frame;
}

bool DataStackWalker::ReadReach(Address top, Address& reach) {
  reach = top;
  for (std::size_t hops = 0; !chunks_.Contains(reach) && !reach.IsNull(); ++hops) {
    const OutsideFrames::Known* known = outside_.Find(reach);
    if (known == nullptr) {
      outside_.Learn(reach);
      return false;
    }
    if (hops > outside_.size()) return false;  // a circle: torn
    reach = NullIfBase(InterpreterFrame(layout_, snapshot_.View(known->before)).previous());
  }
  return true;
}

bool DataStackWalker::ReadCaller(const Memory& memory, Address top, Address& leaf) {
  // It has not begun, or a generator was made of it: most are called by one that is live.
  const auto caller = memory.ReadAs<Address>(top + layout_.interpreter_frame.previous);
  if (!caller || chunks_.Contains(*caller)) return true;
  Address below;
  if (!ReadReach(NullIfBase(*caller), below)) return false;
  if (below == leaf) leaf = *caller;
  return true;
}

DataStackWalker::CFrame* DataStackWalker::FindCFrame(Address address) {
  for (CFrame& c : cframes_) {
    if (c.address != address) continue;
    c.unused = 0;
    return &c;
  }
  return nullptr;
}

bool DataStackWalker::IsShown(const LiveFrame& live, bool is_leaf) {
  // As in CPython (_PyFrame_IsIncomplete): a frame that is being set up, or one that only cleans up
  // after __init__, is nobody's code. What has called another has been set up by now, though.
  if (!is_leaf) return !live.code->IsNeverTraceable();
  return live.byte_offset >= live.code->first_traceable;
}

bool DataStackWalker::FollowLinks(Address top, std::vector<RawFrame>& frames, Address& missing) {
  using When = OutsideFrames::When;
  const std::span<const LiveFrame> lives = live_frames_.frames();
  std::size_t next_live = lives.size();
  std::size_t outside_hops = 0;
  const std::byte* callee = nullptr;  // of the frame in hand, unless C stands between
  When when = When::kThroughout;      // how the frames above it, down to the chunks, were sighted
  std::size_t evaluated = 0;          // so many of `frames` belong to evaluations that are complete
  const auto end_evaluation = [&](Address entry) {
    if (frames.size() > evaluated) {
      frames.back().starts_evaluation = true;
      frames.back().entry = entry;
    }
    evaluated = frames.size();
  };
  for (Address frame = top; !frame.IsNull();) {
    if (next_live > 0 && lives[next_live - 1].frame == frame) {
      const LiveFrame* live = &lives[--next_live];
      LiveFrame then;
      if (when != When::kThroughout) {
        if (!StoodThen(when, *live, then, missing)) return false;
        live = &then;
      }
      if (IsShown(*live, frames.empty())) frames.push_back(MakeFrame(*live));
      if (live->is_entry) end_evaluation(Address{});
      // Below the thread's first frame lies nothing but the shim of the call from C.
      if (next_live == 0) {
        if (layout_.interpreter_frame.is_entry == kAbsent) end_evaluation(live->previous);
        break;
      }
      callee = live->bytes;
      frame = live->previous;
      // A frame that C called and that leaves may have left: it counts as of the top pointer.
      const bool by_python = frame == lives[next_live - 1].frame && !live->is_entry;
      const bool leaves = live->stage == FrameStage::kLeaves || live->stage == FrameStage::kGone;
      const bool may_have_left = !by_python && leaves;
      when = may_have_left ? When::kBefore : When::kThroughout;
      continue;
    }
    if (chunks_.Contains(frame)) return false;  // not one of the live frames: torn
    const OutsideFrames::Known* known = outside_.Find(frame);
    if (known == nullptr) {
      missing = frame;
      return false;
    }
    const auto sighting = outside_.Sight(*known, snapshot_, chunks_, callee);
    if (sighting.bytes == nullptr || ++outside_hops > outside_.size()) return false;
    if (sighting.when != When::kThroughout) when = sighting.when;
    const InterpreterFrame view(layout_, sighting.bytes);
    const bool has_called = callee != nullptr && !InterpreterFrame(layout_, callee).is_entry();
    const bool calls_on_data_stack =
        has_called && InterpreterFrame(layout_, callee).is_on_data_stack();
    callee = nullptr;
    if (view.is_generator()) {
      CodeObject* code = live_frames_.CodeOf(sighting.bytes);
      if (code == nullptr) return false;
      // One that was made and has not run yet names the frame that made it as its caller.
      const FrameStage stage = view.StageIn(*code);
      const bool may_have =
          stage == FrameStage::kCalls || (stage == FrameStage::kResumes && !calls_on_data_stack);
      if (has_called && !may_have) {
        live_frames_.Refresh(*code);  // it may be going by the code that was there before
        return false;
      }
      frames.push_back({frame, code, view.ByteOffset(*code), view.is_entry(), Address{}});
      callee = sighting.bytes;
      if (view.is_entry()) end_evaluation(Address{});
    } else if (view.is_shim()) {
      end_evaluation(frame);
    }
    frame = NullIfBase(view.previous());
  }
  if (next_live != 0) return false;
  std::reverse(frames.begin(), frames.end());
  return true;
}

bool DataStackWalker::StoodThen(OutsideFrames::When when, const LiveFrame& live, LiveFrame& then,
                                Address& missing) {
  const OutsideFrames::Known* known = outside_.Find(live.frame);
  if (known == nullptr) {
    missing = live.frame;
    return false;
  }
  const bool is_before = when == OutsideFrames::When::kBefore;
  const std::byte* bytes = snapshot_.View(is_before ? known->before : known->after);
  const InterpreterFrame view(layout_, bytes);
  if (view.executable() != live.code->address || !view.StandsIn(*live.code)) return false;
  then = live_frames_.Describe(live.frame, bytes, *live.code);
  return true;
}

}  // namespace osprey
