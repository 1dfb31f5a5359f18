// A thread's stack as it was at one moment, before all else that its memory has now.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "osprey/base/address.h"
#include "osprey/target/memory.h"
#include "osprey/target/memory_piece.h"

namespace osprey {

// As a Memory it serves what lies in the copy from the copy and everything else, the unwind tables
// for one, from the target as it is.
class StackCopy : public Memory {
 public:
  // `memory` must outlive this.
  explicit StackCopy(const Memory& memory) : memory_(memory) {}

  // Copies up to `size` bytes from `start` on, or as many as are mapped there: stacks end
  // somewhere. Errors as Memory::Read, when not even the first page can be read.
  Result<void> Take(Address start, std::size_t size);
  // What somebody else has copied, in order of their addresses, the one where the stack pointer is
  // first. What lies between them is part of the stack that is not known, and is not served.
  void Put(std::span<const MemoryPiece> pieces);
  // Whether a frame that begins at `stack_pointer` was found in the copy.
  bool Has(Address stack_pointer) const;
  Address start() const { return start_; }
  // From there on, as far as nothing is missing.
  std::span<const std::byte> bytes() const;
  std::size_t size() const { return bytes().size(); }

  Result<void> Read(Address from, std::span<std::byte> to) const override;
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override;

 private:
  const Memory& memory_;
  struct Part {
    Address start;
    std::size_t at, size;  // in bytes_
  };
  std::span<const std::byte> BytesOf(const Part& part) const {
    return std::span(bytes_).subspan(part.at, part.size);
  }

  Address start_;
  std::vector<std::byte> bytes_;
  std::vector<Part> parts_;
};

}  // namespace osprey
