#include "osprey/python/data_stack_walker.h"

#include <algorithm>

#include "python/interpreter_frame.h"

namespace osprey {
namespace {

// Each round learns at least one range; real stacks have few generators and shims.
constexpr int kMaxAttempts = 64;
constexpr unsigned kForgetAfter = 64;  // walks

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
  for (const Live& live : live_) frames.push_back(MakeFrame(live));
  return frames.empty() ? WalkEnd::kRejected : WalkEnd::kCut;
}

DataStackWalker::Step DataStackWalker::Attempt(const Memory& memory,
                                               const Result<std::size_t>& arrived,
                                               std::vector<RawFrame>& frames, WalkEnd& end) {
  if (!arrived) return Step::kGone;
  live_.clear();
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
  CollectLive(top, reach);

  Address leaf = live_.empty() ? top : live_.back().frame;
  if (!chunks_.Contains(top) && reach == leaf) leaf = top;  // a generator runs on top of it
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
  // The C stack of a cframe or a chunk was unmapped: learn them anew from the thread.
  cframes_.clear();
  chunks_.Clear();
  const auto interp = memory.ReadAs<Address>(thread_ + layout_.thread_state.interp);
  return interp && *interp == interpreter_ ? Step::kAgain : Step::kGone;
}

void DataStackWalker::BuildRanges() {
  ranges_stale_ = false;
  snapshot_.Clear();
  outside_.AddBefore(chunks_, snapshot_);
  thread_index_ = snapshot_.Add({thread_, std::max(thread_bytes_, WalkedThreadBytes(layout_))});
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

DataStackWalker::CFrame* DataStackWalker::FindCFrame(Address address) {
  for (CFrame& c : cframes_) {
    if (c.address != address) continue;
    c.unused = 0;
    return &c;
  }
  return nullptr;
}

CodeObject* DataStackWalker::CodeOf(const std::byte* bytes, std::size_t hint) {
  const InterpreterFrame frame(layout_, bytes);
  const Address address = frame.executable();
  CodeObject* code =
      hint < hints_.size() && hints_[hint]->address == address ? hints_[hint] : codes_.Get(address);
  if (code == nullptr || frame.StandsIn(*code)) return code;
  codes_.Refresh(*code);
  return frame.StandsIn(*code) ? code : nullptr;
}

void DataStackWalker::CollectLive(Address top, Address reach) {
  for (const DataStackChunks::Chunk& chunk : chunks_.chunks()) {
    CollectChunk(chunk, chunk.base + snapshot_.range(chunk.index).size, top, reach);
  }
  hints_.clear();
  for (const Live& live : live_) hints_.push_back(live.code);
}

void DataStackWalker::CollectChunk(const DataStackChunks::Chunk& chunk, Address end, Address top,
                                   Address reach) {
  const std::uint64_t header_size = layout_.interpreter_frame.size;
  const std::byte* base = snapshot_.View(chunk.index);
  const bool is_newest = &chunk == &chunks_.chunks().back();
  const bool reach_is_here = reach - chunk.base < chunk.limit;
  Address address = chunk.first_frame;
  while (end - address <= chunk.limit && end - address >= header_size) {
    const std::byte* bytes = base + (address - chunk.base);
    const InterpreterFrame frame(layout_, bytes);
    if (!frame.is_on_data_stack()) return;
    if (!live_.empty() && is_newest) {
      const Live& caller = live_.back();
      const bool by_python = frame.previous() == caller.frame && !frame.is_entry();
      const bool vouched = reach_is_here && reach >= address;
      // What calls a generator has no callee here, unless one that executes has been called since.
      const bool may_call = reach == top || reach != caller.frame || !frame.has_stack_top();
      const bool is_called = by_python ? may_call && caller.stage == FrameStage::kCalls : vouched;
      if (!is_called) return;
    }
    CodeObject* code = CodeOf(bytes, live_.size());
    if (code == nullptr) return;
    // The first instruction may have gone into C (to wait for the GIL, say): such a frame is
    // linked.
    const bool is_linked = frame.has_stack_top_in_c() && reach == address;
    const FrameStage stage = frame.StageIn(*code);
    if (stage == FrameStage::kPushed && !is_linked) return;
    // RETURN_GENERATOR has moved it into the generator, and leaves it as it was.
    if (stage == FrameStage::kLeaves && frame.ByteOffset(*code) < code->first_traceable) return;
    live_.push_back({address, bytes, code, stage});
    address = address + code->frame_bytes;
  }
}

RawFrame DataStackWalker::MakeFrame(const Live& live) const {
  return {live.frame, live.code, InterpreterFrame(layout_, live.bytes).ByteOffset(*live.code)};
}

bool DataStackWalker::IsShown(const Live& live, bool is_leaf) const {
  // As in CPython (_PyFrame_IsIncomplete): a frame that is being set up, or one that only cleans up
  // after __init__, is nobody's code. What has called another has been set up by now, though.
  if (!is_leaf) return !live.code->IsNeverTraceable();
  return MakeFrame(live).byte_offset >= live.code->first_traceable;
}

bool DataStackWalker::FollowLinks(Address top, std::vector<RawFrame>& frames, Address& missing) {
  using When = OutsideFrames::When;
  std::size_t next_live = live_.size();
  std::size_t outside_hops = 0;
  const std::byte* callee = nullptr;  // of the frame in hand, unless C stands between
  When when = When::kThroughout;      // how the frames above it, down to the chunks, were sighted
  for (Address frame = top; !frame.IsNull();) {
    if (next_live > 0 && live_[next_live - 1].frame == frame) {
      Live live = live_[--next_live];
      if (!StoodThen(when, live, missing)) return false;
      if (IsShown(live, frames.empty())) frames.push_back(MakeFrame(live));
      // Below the thread's first frame lies nothing but the shim of the call from C.
      if (next_live == 0) break;
      callee = live.bytes;
      const InterpreterFrame view(layout_, callee);
      frame = view.previous();
      // A frame that C called and that leaves may have left: it counts as of the top pointer.
      const bool by_python = frame == live_[next_live - 1].frame && !view.is_entry();
      const bool may_have_left = !by_python && view.StageIn(*live.code) == FrameStage::kLeaves;
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
      CodeObject* code = CodeOf(sighting.bytes, SIZE_MAX);
      if (code == nullptr) return false;
      // One that was made and has not run yet names the frame that made it as its caller.
      const FrameStage stage = view.StageIn(*code);
      const bool may_have =
          stage == FrameStage::kCalls || (stage == FrameStage::kResumes && !calls_on_data_stack);
      if (has_called && !may_have) return false;
      frames.push_back(MakeFrame({frame, sighting.bytes, code}));
      callee = sighting.bytes;
    }
    frame = NullIfBase(view.previous());
  }
  if (next_live != 0) return false;
  std::reverse(frames.begin(), frames.end());
  return true;
}

bool DataStackWalker::StoodThen(OutsideFrames::When when, Live& live, Address& missing) {
  if (when == OutsideFrames::When::kThroughout) return true;
  const OutsideFrames::Known* known = outside_.Find(live.frame);
  if (known == nullptr) {
    missing = live.frame;
    return false;
  }
  const bool is_before = when == OutsideFrames::When::kBefore;
  const std::byte* then = snapshot_.View(is_before ? known->before : known->after);
  const InterpreterFrame view(layout_, then);
  if (view.executable() != live.code->address || !view.StandsIn(*live.code)) return false;
  live.bytes = then;
  return true;
}

}  // namespace osprey
