// Reads linked structures of a target in as few system calls as possible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "osprey/target/snapshot_memory.h"

namespace osprey {

// The pieces of memory that one parse asked for last time, in its order. As long as links stay as
// they are, a copy of these is all that the parse needs.
class ReadPlan {
 public:
  std::size_t size() const { return pieces_.size(); }

 private:
  friend class PlannedReads;
  friend class PlanReader;
  static constexpr std::uint64_t kNotCopied = ~std::uint64_t{0};
  struct Piece {
    Address address;
    std::uint64_t copy = kNotCopied;  // which one, counted from the first of all
    std::uint32_t index = 0;          // in that copy
    std::uint32_t size = 0;
    std::uint32_t unreadable = 0;  // the least size that could not be read lately; 0: none
  };
  std::vector<Piece> pieces_;
};

// Copies what many plans ask for together: one system call for every 1024 pieces.
class PlannedReads {
 public:
  enum class Passes { kOne, kTwo };

  explicit PlannedReads(const Memory& memory) : memory_(memory) {}

  // Copies all pieces of `plans`, those of one plan next to each other in time; and with two passes
  // all of them once more after that. What was copied before is forgotten.
  void CopyTogether(std::span<ReadPlan* const> plans, Passes passes);
  // Whether both passes hold the same bytes of all that `plan` asked for.
  bool IsSameTwice(const ReadPlan& plan) const;
  // Copies what parses asked for and lacked since. False when that was nothing.
  bool CopyMissing();

 private:
  friend class PlanReader;
  struct Copy {
    SnapshotMemory snapshot;
    std::vector<bool> arrived;  // by range
  };
  struct Missing {
    ReadPlan* plan;
    std::size_t piece;
  };

  void AddPiece(ReadPlan::Piece& piece);
  void Refill(Copy& copy);

  const Memory& memory_;
  std::deque<Copy> copies_;  // a deque never moves its elements
  std::uint64_t first_ = 0;  // number of copies_.front()
  std::vector<Missing> missing_;
  Copy second_pass_;  // of copies_.front()
};

// One parse of one plan. The pointers hold until the next copy.
class PlanReader {
 public:
  enum class Pass { kFirst, kSecond };

  PlanReader(PlannedReads& reads, ReadPlan& plan, Pass pass = Pass::kFirst)
      : reads_(reads), plan_(plan), pass_(pass) {}

  // `size` bytes at `at`; null where they cannot be read, or where is_missing() says that they have
  // not been copied yet: then the parse is over, to be begun anew after the next copy. At most 4096
  // pieces in one plan, of 64 MiB each.
  const std::byte* Ask(Address at, std::size_t size);
  // What was asked for last again, and more of it: `size` bytes in all.
  const std::byte* Extend(std::size_t size);

  bool is_missing() const { return is_missing_; }
  // The parse came to its end: what it did not ask for this time is not copied again.
  void Finish() { plan_.pieces_.resize(next_); }

 private:
  const std::byte* View(std::size_t piece, std::size_t size);

  PlannedReads& reads_;
  ReadPlan& plan_;
  Pass pass_;
  std::size_t next_ = 0;
  bool is_missing_ = false;
};

}  // namespace osprey
