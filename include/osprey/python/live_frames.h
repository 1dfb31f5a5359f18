// Which frames in the copied chunks of a data stack were live when they were copied (CPython 3.11
// and later).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "osprey/python/code_cache.h"
#include "osprey/python/data_stack_chunks.h"
#include "osprey/python/layout.h"
#include "osprey/target/snapshot_memory.h"

namespace osprey {

enum class FrameStage : std::uint8_t;  // of interpreter_frame.h

struct LiveFrame {
  Address frame;
  const std::byte* bytes = nullptr;
  CodeObject* code = nullptr;
  Address previous;
  std::int64_t byte_offset = 0;  // of its instruction
  FrameStage stage{};
  bool is_entry = false;
};

// The copy of a chunk says by itself which of its frames were live: a frame that has called another
// Python frame has a stack top (stacktop >= 0) and stands at a call, one that executes itself has
// none (-1; pycore_frame.h, _PyFrame_GetStackPointer).
class LiveFrames {
 public:
  LiveFrames(const Layout& layout, CodeCache& codes) : layout_(layout), codes_(codes) {}

  // Up from the thread's first frame by liveness; where C code stands between two frames, up to
  // `reach`, the first frame in the chunks that is at or below `top`, the thread's top frame.
  // `snapshot` holds what chunks.AddTo added, and must stay as it is while the frames are used.
  void Collect(const DataStackChunks& chunks, const SnapshotMemory& snapshot, Address top,
               Address reach);
  void Clear() { count_ = 0; }
  // Whether the leaf stands before its first instruction: it is in C there, if it is still the
  // thread's top frame after the copy; else it was just being pushed.
  bool HasPushedLeaf() const;
  void DropLeaf() { --count_; }

  // Root to leaf.
  std::span<const LiveFrame> frames() const { return {frames_.data(), count_}; }

  // What `bytes`, a copy of the frame of `code`, say of it.
  LiveFrame Describe(Address frame, const std::byte* bytes, CodeObject& code) const;
  // The code object that a copied frame stands in, brought up to date where needed; null when it
  // stands in none. A good `guess` spares looking it up.
  CodeObject* CodeOf(const std::byte* bytes, CodeObject* guess = nullptr);
  // Holds `code` against the target, and reads it anew where another lies there by now; at most
  // every 0.5 ms for each. For frames that cannot be what their code says: it is not looked at
  // elsewhere.
  void Refresh(CodeObject& code) { codes_.Refresh(code); }

 private:
  void CollectChunk(const DataStackChunks::Chunk& chunk, bool is_newest,
                    std::span<const std::byte> copy, Address top, Address reach);
  // Whether the next frame is on the stack, going by what it does. `by_python`: the frame before
  // has called it, and no C code between; `may_call`: it is not the topmost.
  bool IsLive(const LiveFrame& live, bool by_python, bool may_call, Address reach) const;
  // Whether it is the topmost, and in C.
  bool IsInC(const LiveFrame& live, Address reach) const;
  // The next frame, as its bytes say; null when it is none.
  const LiveFrame* Next(Address frame, const std::byte* bytes);
  // The same, once its code has been looked at again.
  const LiveFrame* NextAnew(Address frame, const std::byte* bytes);

  const Layout& layout_;
  CodeCache& codes_;
  // The first count_ are live. Those after them were once, and what frames_ says of each still
  // holds for the bytes beside it: most of a stack has not changed since the last walk.
  std::vector<LiveFrame> frames_;
  std::vector<std::byte> bytes_;  // one frame after the other
  std::size_t count_ = 0;
  std::uint64_t replaced_ = 0;  // CodeCache::replaced of frames_
};

}  // namespace osprey
