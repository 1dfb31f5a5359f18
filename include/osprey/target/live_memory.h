// The memory of a running process, by process_vm_readv(2): nothing is stopped, nothing is written.
#pragma once

#include <sys/types.h>

#include "osprey/target/memory.h"

namespace osprey {

class LiveMemory : public Memory {
 public:
  explicit LiveMemory(pid_t pid) : pid_(pid) {}

  Result<void> Read(Address from, std::span<std::byte> to) const override;
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override;

 private:
  pid_t pid_;
};

}  // namespace osprey
