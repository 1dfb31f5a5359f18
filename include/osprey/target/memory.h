// The bytes of a program, whichever way they are had.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <type_traits>

#include "osprey/base/address.h"
#include "osprey/base/result.h"

namespace osprey {

// A piece of the target's memory. Laid out like iovec(3type), so that a list of them can be handed
// to the kernel as it is.
struct MemoryRange {
  Address address;
  std::size_t size = 0;
};

class Memory {
 public:
  virtual ~Memory() = default;

  // Fills `to` from `from`. kUnreadable with `from` when any byte of it cannot be read,
  // kNoSuchProcess when the target is gone, kNotPermitted when the kernel refuses.
  virtual Result<void> Read(Address from, std::span<std::byte> to) const = 0;

  // Copies `ranges` one after the other into `to`, in their order and in one step as close to a
  // moment as the source allows. Returns how many bytes arrived: fewer than asked means that a
  // range could not be read and none after it was. Errors as Read, when nothing arrived.
  // `to` must hold the sum of the sizes; at most 1024 ranges (IOV_MAX).
  virtual Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                         std::span<std::byte> to) const = 0;

  // One object of a trivially copyable type.
  template <typename T>
  Result<T> ReadAs(Address from) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T object;
    auto read = Read(from, std::as_writable_bytes(std::span(&object, 1)));
    if (!read) return read.error();
    return object;
  }
};

// Up to `limit` bytes before the first NUL at `from`; a string without NUL in `limit` bytes gives
// kMalformed. Reads no further than the page that holds the NUL.
Result<std::string> ReadCString(const Memory& memory, Address from, std::size_t limit);

}  // namespace osprey
