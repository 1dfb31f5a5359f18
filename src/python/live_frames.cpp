#include "osprey/python/live_frames.h"

#include <cstring>

#include "python/interpreter_frame.h"

namespace osprey {

void LiveFrames::Collect(const DataStackChunks& chunks, const SnapshotMemory& snapshot, Address top,
                         Address reach) {
  count_ = 0;
  if (replaced_ != codes_.replaced()) {  // some may go by what other code said
    for (LiveFrame& f : frames_) f.frame = Address{};
    replaced_ = codes_.replaced();
  }
  for (const DataStackChunks::Chunk& chunk : chunks.chunks()) {
    const bool is_newest = &chunk == &chunks.chunks().back();
    const std::span copy(snapshot.View(chunk.index), snapshot.piece(chunk.index).size);
    CollectChunk(chunk, is_newest, copy, top, reach);
  }
  if (count_ == 0) return;
  const LiveFrame& leaf = frames_[count_ - 1];
  if (leaf.stage == FrameStage::kPushed && !IsInC(leaf, reach)) --count_;  // it has called nobody
}

void LiveFrames::CollectChunk(const DataStackChunks::Chunk& chunk, bool is_newest,
                              std::span<const std::byte> copy, Address top, Address reach) {
  const std::uint64_t header_size = layout_.interpreter_frame.size;
  const bool reach_is_here = reach - chunk.base < chunk.limit;
  Address address = chunk.first_frame;
  while (address - chunk.base <= copy.size() &&
         copy.size() - (address - chunk.base) >= header_size) {
    const std::byte* bytes = copy.data() + (address - chunk.base);
    const InterpreterFrame frame(layout_, bytes);
    if (!frame.is_on_data_stack()) return;
    bool by_python = false;
    if (count_ > 0 && is_newest) {
      const LiveFrame& caller = frames_[count_ - 1];
      by_python = frame.previous() == caller.frame && !frame.is_entry();
      const bool vouched = reach_is_here && reach >= address;
      // What calls a generator has no callee here, unless one that executes has been called since.
      const bool may_call = reach == top || reach != caller.frame || !frame.has_stack_top();
      const bool is_called = by_python ? may_call && caller.stage == FrameStage::kCalls : vouched;
      if (!is_called) return;
    }
    const LiveFrame* next = Next(address, bytes);
    if (next == nullptr) return;
    const bool may_call = !is_newest || (reach_is_here && reach > address);
    if (!IsLive(*next, by_python, may_call, reach)) {
      // The top pointer says otherwise: older than the copy, or the frame goes by the code that was
      // in that place before. Nobody else looks: only frames that are shown are checked later.
      if (!reach_is_here || reach < address) return;
      next = NextAnew(address, bytes);
      if (next == nullptr || !IsLive(*next, by_python, may_call, reach)) return;
    }
    ++count_;
    address = address + next->code->frame_bytes;
  }
}

bool LiveFrames::IsLive(const LiveFrame& live, bool by_python, bool may_call, Address reach) const {
  // Of one that C called, the top pointer, which is older than the copy, has the word.
  if (live.stage == FrameStage::kGone) return !by_python;
  // The first instruction may have gone into C, which waits for the GIL or calls a trace function
  // or a finalizer: such a frame is linked, and the top pointer leads to it or above it.
  if (live.stage == FrameStage::kPushed) return may_call || IsInC(live, reach);
  // RETURN_GENERATOR has moved it into the generator, and leaves it as it was.
  return live.stage != FrameStage::kLeaves || live.byte_offset >= live.code->first_traceable;
}

bool LiveFrames::HasPushedLeaf() const {
  return count_ > 0 && frames_[count_ - 1].stage == FrameStage::kPushed;
}

bool LiveFrames::IsInC(const LiveFrame& live, Address reach) const {
  return live.frame == reach && InterpreterFrame(layout_, live.bytes).has_stack_top_in_c();
}

const LiveFrame* LiveFrames::Next(Address frame, const std::byte* bytes) {
  const std::size_t size = layout_.interpreter_frame.size;
  if (count_ == frames_.size()) {
    frames_.emplace_back();
    bytes_.resize(frames_.size() * size);
  }
  LiveFrame& known = frames_[count_];
  std::byte* known_bytes = bytes_.data() + count_ * size;
  if (known.frame == frame && std::memcmp(known_bytes, bytes, size) == 0) {
    known.bytes = bytes;
    return &known;
  }
  known.frame = Address{};
  CodeObject* code = CodeOf(bytes, known.code);
  if (code == nullptr) return nullptr;
  known = Describe(frame, bytes, *code);
  std::memcpy(known_bytes, bytes, size);
  return &known;
}

const LiveFrame* LiveFrames::NextAnew(Address frame, const std::byte* bytes) {
  codes_.Refresh(*frames_[count_].code);
  frames_[count_].frame = Address{};
  return Next(frame, bytes);
}

LiveFrame LiveFrames::Describe(Address frame, const std::byte* bytes, CodeObject& code) const {
  const InterpreterFrame view(layout_, bytes);
  return {frame,          bytes, &code, view.previous(), view.ByteOffset(code), view.StageIn(code),
          view.is_entry()};
}

CodeObject* LiveFrames::CodeOf(const std::byte* bytes, CodeObject* guess) {
  const InterpreterFrame frame(layout_, bytes);
  const Address address = frame.executable();
  CodeObject* code = guess != nullptr && guess->address == address ? guess : codes_.Get(address);
  if (code == nullptr || frame.StandsIn(*code)) return code;
  codes_.Refresh(*code);
  return frame.StandsIn(*code) ? code : nullptr;
}

}  // namespace osprey
