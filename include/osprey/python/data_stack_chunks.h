// The chunks of a thread's data stack, in which CPython 3.11 and later keeps its frames
// (_PyStackChunk, Include/cpython/pystate.h).
#pragma once

#include <cstdint>
#include <vector>

#include "osprey/target/snapshot_memory.h"

namespace osprey {

class DataStackChunks {
 public:
  struct Chunk {
    Address base;
    Address first_frame;
    std::uint64_t limit = 0;  // bytes, all that can be in use of it
    std::size_t index = 0;    // in the snapshot
  };
  enum class Fit { kFits, kMustGrow, kFailed };

  // Holds what is known against the thread's newest chunk and the top of its stack (tstate's
  // datastack_chunk and datastack_top; null chunk: no frames there yet), and learns what it lacks
  // from `memory`. kMustGrow: the last copy was too small, take another; kFailed: that is no chunk,
  // or one of more than 256 MiB, and nothing is known now.
  Fit FitTo(const Memory& memory, Address newest, Address top);
  // Adds the chunks to `snapshot`, the oldest first, each as far as it is used.
  void AddTo(SnapshotMemory& snapshot);
  void Clear();

  bool Contains(Address frame) const;
  bool is_stale() const { return stale_; }  // other ranges than AddTo's would be right
  const std::vector<Chunk>& chunks() const { return chunks_; }

 private:
  bool Learn(const Memory& memory, Address newest);
  // From the next read on as much of the newest chunk as `used`, and a little more.
  void CopyAsUsed(std::uint64_t used);
  static bool Parse(const std::byte* header, Address base, bool newest, Chunk& chunk);

  std::vector<Chunk> chunks_;  // oldest first
  std::uint64_t used_ = 0;     // bytes of the newest chunk that are copied
  std::uint64_t peak_ = 0;     // the most that were in use lately
  unsigned walks_ = 0;         // over which that was seen
  bool stale_ = true;
};

}  // namespace osprey
