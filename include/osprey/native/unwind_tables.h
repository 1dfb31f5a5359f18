// Where the unwind tables of everything that is mapped lie.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "osprey/base/address.h"
#include "osprey/base/result.h"
#include "osprey/target/memory.h"
#include "osprey/target/memory_map.h"

namespace osprey {

// The table of one loaded file that is searched by address: what .eh_frame_hdr holds behind its
// header (Linux Standard Base Core, "Exception Frames"), pairs of signed 32-bit distances from
// `header`, sorted: where a function begins, and where its description is.
struct UnwindTable {
  Address header;       // where .eh_frame_hdr is loaded
  Address entries;      // the first pair
  std::uint64_t count;  // of pairs; at most 2^24
};

// By the program headers that are loaded with each file, so that stripped files, files that are
// gone and the vdso have theirs.
class UnwindTables {
 public:
  // Code that is mapped in one piece.
  struct Code {
    Address start, end;
    std::uint64_t device = 0, inode = 0, file_offset = 0;
    std::optional<UnwindTable> table;

    bool IsSamePlace(const Code& other) const {
      return start == other.start && end == other.end && device == other.device &&
             inode == other.inode && file_offset == other.file_offset;
    }
  };

  // Of what `map` has. What is still in the same place keeps what was known of it. Returns whether
  // something that was there is gone or another (dlclose(3), execve(2)).
  bool Update(const Memory& memory, const MemoryMap& map);

  // The code at `address`; null where none is mapped.
  const Code* Find(Address address) const;

 private:
  std::map<Address, Code> codes_;  // by their start
};

// The table of the file whose first byte is loaded at `start`. kNotFound where it has no
// PT_GNU_EH_FRAME, kMalformed for what is no 64-bit ELF file or has a table of another form than ld
// and lld make.
Result<UnwindTable> ReadUnwindTable(const Memory& memory, Address start);

// Code of one function, or of a part of it that lies elsewhere: [start, end).
struct CodeRange {
  Address start, end;

  bool Contains(Address address) const { return address - start < end - start; }
  bool operator==(const CodeRange&) const = default;
};

// What the description (FDE) that `table` has for `address` covers. kNotFound where there is none,
// kMalformed where it is not of the form that GCC and Clang write for x86-64.
Result<CodeRange> FindFunction(const Memory& memory, const UnwindTable& table, Address address);

}  // namespace osprey
