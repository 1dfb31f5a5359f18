// What is known of the target's code objects, and the frames that their instructions stand for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/base/result.h"
#include "osprey/python/layout.h"
#include "osprey/python/objects.h"
#include "osprey/target/snapshot_memory.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

// What the instruction says of a frame that stands at it without executing.
enum class CodePlace : std::uint8_t {
  kMayCall,
  kLeaves,   // it leaves, or is being left: what it called before has returned
  kResumes,  // it can have called no other Python frame than a generator's
};

// A code object as it was read once. What would have to change if another code object took its
// place in memory is its fingerprint.
struct CodeObject {
  struct Fingerprint {
    Address filename, name, linetable, bytecode;
    std::int32_t first_line = 0;
    std::uint64_t units = 0;    // code units; 0 where the bytecode is an object of its own
    std::uint32_t version = 0;  // where it is not 0, no other code object has it
    std::size_t name_hash = 0;  // of the characters: the strings' own hashes may not be made yet
    std::size_t filename_hash = 0;
    bool operator==(const Fingerprint&) const = default;
    bool HasSameAddresses(const Fingerprint& other) const {
      return filename == other.filename && name == other.name && linetable == other.linetable &&
             bytecode == other.bytecode && version == other.version;
    }
  };

  Address address;
  Fingerprint fingerprint;
  MemoryRange name_text, filename_text;  // what the hashes are of
  Address code_start;            // first instruction; null where bytecode is an object of its own
  std::uint32_t code_bytes = 0;  // length of the bytecode
  // Where free-threaded builds keep a copy of the bytecode for each thread: by tlbc_index, null for
  // a thread that has not run it yet (_PyCodeArray of Include/internal/pycore_code.h).
  std::vector<Address> copies;
  Address copies_array;
  std::uint32_t frame_bytes = 0;     // what its frame takes of the data stack; 0 for frame objects
  std::int32_t nlocalsplus = 0;      // locals, cells and free variables; 0 until 3.10
  std::int64_t first_traceable = 0;  // byte offset; a frame before it is still being set up
  StringId function, file;
  std::vector<std::byte> line_table;
  std::vector<CodePlace> places;    // by code unit, see PlaceAt; empty for frame objects
  std::vector<FrameId> frames;      // by code unit, after one for "not started"; filled when asked
  std::vector<std::int8_t> awaits;  // by code unit: 1 yes, 0 no, below 0 not known; see AwaitsAt
  std::int32_t flags = 0;           // co_flags
  TimePoint checked;                // when the fingerprint was last held against the target
  std::optional<std::uint64_t> generation;  // of the interpreter, before it was last seen alive
  TimePoint refreshed;                      // when CodeCache::Refresh last did so

  // Whether no frame of it is ever complete: _Py_InitCleanup, which cleans up after __init__.
  bool IsNeverTraceable() const { return first_traceable >= code_bytes; }
  // CO_COROUTINE, CO_ITERABLE_COROUTINE (Include/cpython/code.h): what a task runs.
  bool IsCoroutine() const { return (flags & (0x80 | 0x100)) != 0; }
  // These, CO_GENERATOR and CO_ASYNC_GENERATOR: what may await.
  bool IsSuspendable() const { return (flags & (0x20 | 0x80 | 0x100 | 0x200)) != 0; }
  // What a frame that stands at `byte_offset` does when it does not execute.
  CodePlace PlaceAt(std::int64_t byte_offset) const {
    if (byte_offset < 0) return CodePlace::kMayCall;
    const auto unit = static_cast<std::size_t>(byte_offset) / 2;
    return unit < places.size() ? places[unit] : CodePlace::kMayCall;
  }
};

class CodeCache {
 public:
  CodeCache(const Memory& memory, const Layout& layout, StackTable& stacks)
      : memory_(memory), layout_(layout), objects_(memory, layout), stacks_(stacks) {}

  // The code object at `address`, read from the target when it is not known yet; null when there
  // is none. The pointer holds until the next Clear.
  CodeObject* Get(Address address) {
    const auto found = codes_.find(address);
    return found != codes_.end() ? found->second.get() : Load(address);
  }

  // The frame of the instruction `byte_offset` bytes into `code`'s bytecode; below 0: not started.
  FrameId FrameOf(CodeObject& code, std::int64_t byte_offset);

  // Whether a coroutine or generator that is suspended at the instruction `byte_offset` bytes into
  // `code`'s bytecode awaits another object. Not for AwaitMark::kFrameState.
  bool AwaitsAt(CodeObject& code, std::int64_t byte_offset);

  // Holds `codes` against the target in one go and reads those anew whose place another code
  // object has taken; their pointers stay good. Returns false when any had changed.
  bool Recheck(std::span<CodeObject* const> codes, TimePoint now);

  // Whether Recheck has taken less than an eightieth of the time that has passed by `now`.
  bool HasTimeToRecheck(TimePoint now);

  // For a frame that does not stand in `code` as it was read: holds it against the target, when
  // that was not done for 0.5 ms. `code` is then what is there now: another code object that has
  // taken its place, or the same with another thread's copy of the bytecode.
  void Refresh(CodeObject& code);

  // How many code objects were found to have been replaced so far.
  std::uint64_t replaced() const { return replaced_; }
  // How many of them may have been freed only after a walk, or were being replaced just then.
  std::uint64_t torn() const { return torn_; }
  // When the last ones that were rechecked were copied.
  TimePoint rechecked() const { return rechecked_; }

  void Clear() { codes_.clear(); }
  std::size_t size() const { return codes_.size(); }

 private:
  CodeObject* Load(Address address);
  bool Read(Address address, CodeObject& code);
  bool ReadAwaits(const CodeObject& code, std::uint64_t byte_offset) const;
  // All of the fingerprint but the hashes.
  CodeObject::Fingerprint ParseHeader(const std::byte* header) const;
  // Takes over the list of copies that `header` names, if it is another one than before.
  void TakeCopiesArray(const std::byte* header, CodeObject& code) const;
  // Reads the list of copies; keeps what is known where it cannot be read.
  void ReadCopies(CodeObject& code) const;
  bool RecheckBatch(std::span<CodeObject* const> codes, TimePoint now);
  // Copies what the fingerprints of `codes` are of, into copies_ by checked_. How many of its
  // pieces arrived, in the order in which they lie there.
  std::size_t CopyChecked(std::span<CodeObject* const> codes);
  // The fingerprint of what is in the place of `code` now, number `i` of those copied; none where
  // it did not arrive.
  std::optional<CodeObject::Fingerprint> PrintOf(const CodeObject& code, std::size_t i,
                                                 std::size_t arrived) const;
  bool IsCodeType(Address type);

  const Memory& memory_;
  const Layout& layout_;
  ObjectReader objects_;
  StackTable& stacks_;
  Address code_type_;  // PyCode_Type, learned from the first code object
  std::unordered_map<Address, std::unique_ptr<CodeObject>> codes_;
  struct CheckedPiece {
    MemoryRange range;
    std::size_t of;  // 3 * the code's index, and 0 for its header, 1 for its name, 2 for its file's
  };
  SnapshotMemory copies_;
  std::vector<CheckedPiece> pieces_;  // by address
  std::vector<std::size_t> checked_;  // the index in copies_ by CheckedPiece::of
  std::uint64_t replaced_ = 0;
  std::uint64_t torn_ = 0;
  TimePoint rechecked_;
  Duration credit_{0};  // time that Recheck may take
  TimePoint credited_;
};

}  // namespace osprey
