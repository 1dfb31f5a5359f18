#include "osprey/target/live_memory.h"

#include <fmt/format.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstddef>

#include "target/proc_file.h"

namespace osprey {
namespace {

// A list of MemoryRange is handed to the kernel as it is.
static_assert(sizeof(MemoryRange) == sizeof(iovec));
static_assert(alignof(MemoryRange) == alignof(iovec));
static_assert(offsetof(MemoryRange, address) == offsetof(iovec, iov_base));
static_assert(offsetof(MemoryRange, size) == offsetof(iovec, iov_len));
static_assert(sizeof(Address) == sizeof(void*));
static_assert(std::is_standard_layout_v<MemoryRange>);

// The number of bytes, or -1 and errno.
ssize_t ReadVector(pid_t pid, std::span<const MemoryRange> ranges, std::span<std::byte> to) {
  const iovec local{to.data(), to.size()};
  const auto* remote = reinterpret_cast<const iovec*>(ranges.data());
  return ::process_vm_readv(pid, &local, 1, remote, ranges.size(), 0);
}

Error ReadError(pid_t pid, int number, Address from) {
  if (number == EFAULT) {
    return Error{ErrorCode::kUnreadable, 0, from,
                 fmt::format("cannot read the memory of process {}", pid)};
  }
  if (number == EINVAL) {
    return Error{ErrorCode::kInvalidArgument, number, from, "too many or too large ranges to read"};
  }
  Error error = ProcessError(pid, number, "read the memory");
  error.address = error.code == ErrorCode::kNoSuchProcess ? Address{} : from;
  return error;
}

}  // namespace

Result<void> LiveMemory::Read(Address from, std::span<std::byte> to) const {
  // More than one turn only above 2 GiB, the most that Linux copies in one call, or where a
  // page in the middle cannot be read: then the next turn says so.
  for (std::size_t done = 0; done < to.size();) {
    const MemoryRange rest{from + done, to.size() - done};
    const ssize_t got = ReadVector(pid_, std::span(&rest, 1), to.subspan(done));
    if (got < 0) return ReadError(pid_, errno, from);
    if (got == 0) return ReadError(pid_, EFAULT, from);
    done += static_cast<std::size_t>(got);
  }
  return {};
}

Result<std::size_t> LiveMemory::ReadRanges(std::span<const MemoryRange> ranges,
                                           std::span<std::byte> to) const {
  if (ranges.empty() || to.empty()) return std::size_t{0};
  const ssize_t got = ReadVector(pid_, ranges, to);
  if (got < 0) return ReadError(pid_, errno, ranges.front().address);
  return static_cast<std::size_t>(got);
}

}  // namespace osprey
