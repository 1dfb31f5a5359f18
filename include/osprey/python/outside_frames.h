// Frames of CPython 3.11 and later for which a copy of the data stack's chunks is not enough: those
// of generators, the shims on the C stack, and in the chunks those that called one of them.
#pragma once

#include <vector>

#include "osprey/python/data_stack_chunks.h"
#include "osprey/python/layout.h"
#include "osprey/target/snapshot_memory.h"

namespace osprey {

// All that were met lately are copied twice in one read, before the chunks and after them: a frame
// that both copies show alike stood so while the chunks were copied. Where only one shows it, a
// call ended or began meanwhile, and what called it counts as it was copied beside that one.
class OutsideFrames {
 public:
  enum class When { kThroughout, kBefore, kAfter };
  struct Known {
    Address frame;
    std::size_t before = 0;  // index in the snapshot
    std::size_t after = 0;
    unsigned unused = 0;  // walks since it was met last
  };
  // How a frame stood on the stack; no bytes: not, or its copies show different calls.
  struct Sighting {
    const std::byte* bytes = nullptr;
    When when = When::kThroughout;
  };

  explicit OutsideFrames(const Layout& layout) : layout_(layout) {}

  // Null where `frame` is not known.
  const Known* Find(Address frame);
  // From the next read on `frame` is copied too. What cannot be a frame (null, not aligned), or is
  // one too many, empties the list: the links were torn.
  void Learn(Address frame);
  // Drops those whose range of the snapshot is `index`; false when there are none.
  bool DropRange(std::size_t index);
  // Called once a walk.
  void ForgetUnused();

  // Those in `chunks` first and last, so that what they call is copied between.
  void AddBefore(const DataStackChunks& chunks, SnapshotMemory& snapshot);
  void AddAfter(SnapshotMemory& snapshot);

  // Judges the two copies of `known` in `snapshot`, which must hold what AddBefore and AddAfter
  // added. `callee` is the copied frame above, null for none or C code.
  Sighting Sight(const Known& known, const SnapshotMemory& snapshot, const DataStackChunks& chunks,
                 const std::byte* callee);

  bool is_stale() const { return stale_; }  // other ranges than those added would be right
  std::size_t size() const { return known_.size(); }

 private:
  using Place = std::size_t Known::*;
  // Adds known_[first] to known_[last - 1], which may be copied in any order.
  void Add(std::size_t first, std::size_t last, Place place, SnapshotMemory& snapshot);
  // Whether these bytes are a generator that runs, or a shim.
  bool IsLinked(const std::byte* bytes) const;

  const Layout& layout_;
  std::vector<Known> known_;
  std::size_t in_chunks_ = 0;  // so many of known_, its first, when they were added
  Address shim_executable_;    // what all shims hold where others hold their code
  bool stale_ = true;
};

}  // namespace osprey
