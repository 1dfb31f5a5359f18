#include "osprey/python/data_stack_walker.h"

#include <algorithm>

#include "python/field.h"

namespace osprey {
namespace {

// _PyStackChunk (Include/cpython/pystate.h): previous, size, top, data[].
constexpr Offset kChunkPrevious = 0;
constexpr Offset kChunkSize = 8;
constexpr Offset kChunkTop = 16;
constexpr Offset kChunkData = 24;
// The first chunk leaves its first word unused (pystate.c, push_chunk: "extra byte").
constexpr Offset kFirstChunkFrame = 32;
constexpr std::size_t kMaxChunks = 1U << 16U;            // of 16 KiB each: ten million frames
constexpr std::uint64_t kMaxChunkBytes = 256ULL << 20U;  // 2.5 million frames
// A call deeper than the last sample should not cost a second read.
constexpr std::uint64_t kSlack = 512;
// Each round learns at least one range; real stacks have few generators and shims.
constexpr int kMaxAttempts = 64;
constexpr std::size_t kMaxOutside = 4096;
constexpr unsigned kForgetAfter = 64;

bool Plausible(Address frame) { return !frame.IsNull() && frame.value % 8 == 0; }

}  // namespace

WalkEnd DataStackWalker::Walk(const Memory& memory, std::vector<RawFrame>& frames) {
  WalkEnd end = WalkEnd::kRejected;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    frames.clear();
    switch (Attempt(memory, frames, end)) {
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
  for (const Live& live : live_) frames.push_back(MakeFrame(live.frame, live.bytes, live.code));
  return frames.empty() ? WalkEnd::kRejected : WalkEnd::kCut;
}

DataStackWalker::Step DataStackWalker::Attempt(const Memory& memory, std::vector<RawFrame>& frames,
                                               WalkEnd& end) {
  if (ranges_stale_) BuildRanges();
  const auto arrived = snapshot_.Refill(memory);
  if (!arrived) return Step::kGone;
  if (*arrived < snapshot_.size()) return HandleShortRead(memory, *arrived);

  const std::byte* thread = snapshot_.View(thread_index_);
  if (Field<Address>(thread, layout_.thread_state.interp) != interpreter_) return Step::kGone;
  Address top = Field<Address>(thread, layout_.thread_state.current_frame);
  if (layout_.frame_chain == FrameChain::kCFrame) {
    if (top != cframe_) {
      cframe_ = top;
      ranges_stale_ = true;
      if (cframe_.IsNull()) {
        end = WalkEnd::kNoFrames;
        return Step::kDone;
      }
      return Step::kAgain;
    }
    if (cframe_.IsNull()) {
      end = WalkEnd::kNoFrames;
      return Step::kDone;
    }
    top = Field<Address>(snapshot_.View(cframe_index_), 0);
  }
  live_.clear();
  if (top.IsNull()) {
    end = WalkEnd::kNoFrames;
    return Step::kDone;
  }
  const Address chunk = Field<Address>(thread, layout_.thread_state.datastack_chunk);
  if (!chunk.IsNull()) {
    if (chunks_.empty() || chunks_.back().base != chunk) {
      return LearnChunks(memory, chunk) ? Step::kAgain : Step::kDone;
    }
    const std::uint64_t used = Field<Address>(thread, layout_.thread_state.datastack_top) - chunk;
    if (used > chunks_.back().limit) return LearnChunks(memory, chunk) ? Step::kAgain : Step::kDone;
    if (used > used_ || used_ - used > 8 * kSlack) {
      const bool must_read_more = used > used_;
      used_ = std::min(used + kSlack, chunks_.back().limit);
      ranges_stale_ = true;
      if (must_read_more) return Step::kAgain;
    }
  } else if (!chunks_.empty()) {
    chunks_.clear();
    ranges_stale_ = true;
  }

  // How far up the top pointer, read just before the chunks, vouches for frames called from C.
  Address reach = top;
  for (std::size_t hops = 0; !InChunks(reach) && !reach.IsNull(); ++hops) {
    const Outside* outside = FindOutside(reach);
    if (outside == nullptr) {
      LearnOutside(reach);
      return Step::kAgain;
    }
    if (hops > outside_.size()) return Step::kAgain;  // a circle: torn
    reach = Field<Address>(snapshot_.View(outside->before), layout_.interpreter_frame.previous);
  }
  CollectLive(reach);

  // A generator on top of the last live chunk frame is the leaf, else that chunk frame is.
  Address leaf = live_.empty() ? Address{} : live_.back().frame;
  if (!InChunks(top) && (live_.empty() || reach == leaf)) leaf = top;
  Address missing;
  if (FollowLinks(leaf, frames, missing)) {
    end = frames.empty() ? WalkEnd::kNoFrames : WalkEnd::kComplete;
    return Step::kDone;
  }
  if (!missing.IsNull()) LearnOutside(missing);
  return Step::kAgain;
}

DataStackWalker::Step DataStackWalker::HandleShortRead(const Memory& memory, std::size_t arrived) {
  ranges_stale_ = true;
  if (arrived == thread_index_) return Step::kGone;
  if (arrived < outside_.size()) {
    outside_.erase(outside_.begin() + static_cast<std::ptrdiff_t>(arrived));
    return Step::kAgain;
  }
  if (const std::size_t first_after = snapshot_.size() - outside_.size(); arrived >= first_after) {
    outside_.erase(outside_.begin() + static_cast<std::ptrdiff_t>(arrived - first_after));
    return Step::kAgain;
  }
  // The cframe's C stack or a chunk was unmapped: learn them anew from the thread.
  cframe_ = Address{};
  chunks_.clear();
  const auto interp = memory.ReadAs<Address>(thread_ + layout_.thread_state.interp);
  return interp && *interp == interpreter_ ? Step::kAgain : Step::kGone;
}

void DataStackWalker::BuildRanges() {
  ranges_stale_ = false;
  snapshot_.Clear();
  for (Outside& o : outside_) {
    o.before = snapshot_.Add({o.frame, layout_.interpreter_frame.size});
  }
  thread_index_ = snapshot_.Add({thread_, layout_.thread_state.datastack_top + sizeof(Address)});
  if (!cframe_.IsNull()) {
    cframe_index_ = snapshot_.Add({cframe_ + layout_.cframe.current_frame, sizeof(Address)});
  }
  for (Chunk& c : chunks_) {
    // Older chunks are full up to their own mark; the newest is read as far as it is used.
    const bool newest = &c == &chunks_.back();
    c.index = snapshot_.Add({c.base, newest ? used_ : c.limit});
  }
  for (Outside& o : outside_) o.after = snapshot_.Add({o.frame, layout_.interpreter_frame.size});
}

bool DataStackWalker::LearnChunks(const Memory& memory, Address current) {
  // The newest chunk that is known has been growing since: it is read again. Those below it have
  // not changed while it was there.
  if (!chunks_.empty()) chunks_.pop_back();
  ranges_stale_ = true;
  used_ = 4 * kSlack;
  std::vector<Chunk> added;  // newest first
  Address base = current;
  while (!base.IsNull()) {
    const auto known = std::find_if(chunks_.begin(), chunks_.end(),
                                    [base](const Chunk& c) { return c.base == base; });
    if (known != chunks_.end() && base != current) {
      chunks_.erase(known + 1, chunks_.end());
      break;
    }
    std::byte header[kChunkData];
    Chunk chunk;
    if (added.size() >= kMaxChunks || !memory.Read(base, header) ||
        !ParseChunk(header, base, base == current, chunk)) {
      chunks_.clear();
      return false;
    }
    base = Field<Address>(header, kChunkPrevious);
    added.push_back(chunk);
    if (base.IsNull()) chunks_.clear();
  }
  chunks_.insert(chunks_.end(), added.rbegin(), added.rend());
  used_ = std::min(used_, chunks_.back().limit);
  return true;
}

bool DataStackWalker::ParseChunk(const std::byte* header, Address base, bool newest, Chunk& chunk) {
  chunk.base = base;
  chunk.limit = Field<std::uint64_t>(header, kChunkSize);
  if (chunk.limit > kMaxChunkBytes || chunk.limit < kFirstChunkFrame) return false;
  if (!newest) {  // only what is used of it
    const auto top = Field<std::uint64_t>(header, kChunkTop);
    if (top > (chunk.limit - kChunkData) / 8) return false;
    chunk.limit = kChunkData + top * 8;
  }
  const bool first = Field<Address>(header, kChunkPrevious).IsNull();
  chunk.first_frame = base + (first ? kFirstChunkFrame : kChunkData);
  return true;
}

void DataStackWalker::LearnOutside(Address frame) {
  // A link that cannot be one, or more of them than a stack holds: torn, start afresh.
  if (!Plausible(frame) || outside_.size() >= kMaxOutside) {
    outside_.clear();
  } else {
    outside_.push_back({frame});
  }
  ranges_stale_ = true;
}

void DataStackWalker::ForgetUnused() {
  for (Outside& o : outside_) ++o.unused;
  const auto stale = [](const Outside& o) { return o.unused > kForgetAfter; };
  if (std::none_of(outside_.begin(), outside_.end(), stale)) return;
  std::erase_if(outside_, stale);
  ranges_stale_ = true;
}

DataStackWalker::Outside* DataStackWalker::FindOutside(Address frame) {
  for (Outside& o : outside_) {
    if (o.frame != frame) continue;
    o.unused = 0;
    return &o;
  }
  return nullptr;
}

bool DataStackWalker::StoodStill(const Outside& outside, bool is_leaf) const {
  const auto& offsets = layout_.interpreter_frame;
  const std::byte* before = snapshot_.View(outside.before);
  const std::byte* after = snapshot_.View(outside.after);
  const auto same = [&](Offset offset) {
    return Field<Address>(before, offset) == Field<Address>(after, offset);
  };
  return same(offsets.previous) && same(offsets.executable) && (is_leaf || same(offsets.instr_ptr));
}

bool DataStackWalker::InChunks(Address frame) const {
  return std::any_of(chunks_.begin(), chunks_.end(),
                     [frame](const Chunk& c) { return frame - c.base < c.limit; });
}

CodeObject* DataStackWalker::CodeOf(const std::byte* bytes, std::size_t hint) {
  const auto address = Field<Address>(bytes, layout_.interpreter_frame.executable);
  CodeObject* code =
      hint < hints_.size() && hints_[hint]->address == address ? hints_[hint] : codes_.Get(address);
  if (code == nullptr) return nullptr;
  // prev_instr of 3.11 and 3.12 is one unit before the first instruction until it runs.
  const std::uint64_t offset =
      Field<Address>(bytes, layout_.interpreter_frame.instr_ptr) - code->code_start + 2;
  return offset <= code->code_bytes + std::uint64_t{2} ? code : nullptr;
}

void DataStackWalker::CollectLive(Address reach) {
  for (const Chunk& chunk : chunks_) {
    CollectChunk(chunk, chunk.base + snapshot_.range(chunk.index).size, reach);
  }
  hints_.clear();
  for (const Live& live : live_) hints_.push_back(live.code);
}

void DataStackWalker::CollectChunk(const Chunk& chunk, Address end, Address reach) {
  const auto& offsets = layout_.interpreter_frame;
  const std::byte* base = snapshot_.View(chunk.index);
  const bool is_newest = &chunk == &chunks_.back();
  const bool reach_is_here = reach - chunk.base < chunk.limit;
  Address frame = chunk.first_frame;
  while (end - frame <= chunk.limit && end - frame >= offsets.size) {
    const std::byte* bytes = base + (frame - chunk.base);
    if (Field<std::int8_t>(bytes, offsets.owner) != 0) return;
    const auto previous = Field<Address>(bytes, offsets.previous);
    if (!live_.empty() && is_newest) {
      const Live& caller = live_.back();
      const bool from_python =
          previous == caller.frame &&
          (offsets.is_entry == kAbsent || Field<std::int8_t>(bytes, offsets.is_entry) == 0);
      // A frame that was just pushed has a stack top too (_PyFrame_Initialize), and has run
      // nothing.
      const bool caller_called = Field<std::int32_t>(caller.bytes, offsets.stacktop) >= 0 &&
                                 MakeFrame(caller.frame, caller.bytes, caller.code).byte_offset > 0;
      const bool vouched = reach_is_here && reach >= frame;
      if (from_python ? !caller_called : !vouched) return;
    }
    CodeObject* code = CodeOf(bytes, live_.size());
    if (code == nullptr) return;
    live_.push_back({frame, bytes, code});
    frame = frame + code->frame_bytes;
  }
}

RawFrame DataStackWalker::MakeFrame(Address frame, const std::byte* bytes, CodeObject* code) const {
  const auto instruction = Field<Address>(bytes, layout_.interpreter_frame.instr_ptr);
  return {frame, code, static_cast<std::int64_t>(instruction - code->code_start)};
}

bool DataStackWalker::FollowLinks(Address top, std::vector<RawFrame>& frames, Address& missing) {
  const auto& offsets = layout_.interpreter_frame;
  std::size_t next_live = live_.size();
  Address frame = top;
  std::size_t outside_hops = 0;
  while (!frame.IsNull()) {
    if (next_live > 0 && live_[next_live - 1].frame == frame) {
      const Live& live = live_[--next_live];
      // As in CPython (_PyFrame_IsIncomplete): a frame being set up, or one that only cleans up
      // after __init__, is nobody's code.
      const RawFrame raw = MakeFrame(frame, live.bytes, live.code);
      if (raw.byte_offset >= live.code->first_traceable) frames.push_back(raw);
      // Below the thread's first frame lies nothing but the shim of the call from C.
      if (next_live == 0) break;
      frame = Field<Address>(live.bytes, offsets.previous);
      continue;
    }
    if (InChunks(frame)) return false;  // not one of the live frames: torn
    const Outside* outside = FindOutside(frame);
    if (outside == nullptr) {
      missing = frame;
      return false;
    }
    if (!StoodStill(*outside, frame == top)) return false;
    const std::byte* bytes = snapshot_.View(outside->before);
    if (++outside_hops > outside_.size()) return false;
    if (Field<std::int8_t>(bytes, offsets.owner) < layout_.first_shim_owner) {
      CodeObject* code = CodeOf(bytes, SIZE_MAX);
      if (code == nullptr) return false;
      frames.push_back(MakeFrame(frame, bytes, code));
    }
    frame = Field<Address>(bytes, offsets.previous);
  }
  if (next_live != 0) return false;
  std::reverse(frames.begin(), frames.end());
  return true;
}

}  // namespace osprey
