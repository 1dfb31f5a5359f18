// The memory of a process as a core file holds it, and the files that were mapped in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "osprey/base/unique_fd.h"
#include "osprey/target/memory.h"

namespace osprey {

// A PT_LOAD of a core file (elf(5), core(5)).
struct CoreSegment {
  Address start;
  std::uint64_t memory_size = 0;
  std::uint64_t file_offset = 0;
  std::uint64_t file_size =
      0;  // how many of its bytes were dumped; the file may have been cut since
  bool readable = false;
  bool writable = false;
  bool executable = false;

  Address end() const { return start + memory_size; }
};

// What a core file leaves out on purpose (coredump_filter, core(5)) is to be had from here.
struct BackingFile {
  UniqueFd fd;  // a regular file, open for reading
  std::uint64_t size = 0;
};
struct BackingPiece {
  Address start;
  std::uint64_t size = 0;
  std::uint64_t file_offset = 0;
  std::size_t file = 0;  // which BackingFile
};

// Reads by pread(2), and holds no more than the list of segments: a core file may be larger than
// this machine's memory.
class CoreMemory : public Memory {
 public:
  // `fd` is a core file of `size` bytes, open for reading; `segments` come in any order. Where two
  // of them overlap, which no kernel writes, the one that starts later counts.
  CoreMemory(UniqueFd fd, std::uint64_t size, std::vector<CoreSegment> segments);
  CoreMemory(const CoreMemory&) = delete;
  CoreMemory& operator=(const CoreMemory&) = delete;
  ~CoreMemory() override;

  // From now on reads what was not dumped from these files. That holds for what nobody had written
  // to: the kernel dumps every private page that was. What was dumped and is cut off stays
  // unreadable. `page_size` is that of the process: a file's last page is full of zeros behind its
  // end (mmap(2)).
  void BackWith(std::vector<BackingFile> files, std::vector<BackingPiece> pieces,
                std::uint64_t page_size);

  // kUnreadable says why: was never mapped, not dumped, or cut off.
  Result<void> Read(Address from, std::span<std::byte> to) const override;
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override;

  // By address.
  const std::vector<CoreSegment>& segments() const { return segments_; }
  // The segment that contains `a`, or null.
  const CoreSegment* Find(Address a) const;

 private:
  // Reads some bytes of the beginning of `to`, at least one.
  Result<std::size_t> ReadSome(Address from, std::span<std::byte> to) const;
  Result<std::size_t> ReadBacking(Address from, std::span<std::byte> to) const;

  UniqueFd fd_;
  std::uint64_t size_;
  std::vector<CoreSegment> segments_;
  std::vector<BackingFile> files_;
  std::vector<BackingPiece> pieces_;  // by address
  std::uint64_t page_size_ = 4096;
};

}  // namespace osprey
