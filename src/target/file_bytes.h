// Reads pieces of a regular file at given offsets, never past the end it had when it was opened.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace osprey {

class FileBytes {
 public:
  // `fd` stays the caller's; `size` is the size of its file in bytes.
  FileBytes(int fd, std::uint64_t size) : fd_(fd), size_(size) {}

  std::uint64_t size() const { return size_; }

  // True when `count` bytes at `offset` lie in the file: to be asked before a buffer is made, since
  // both numbers may come from a hostile header.
  bool Holds(std::uint64_t offset, std::uint64_t count) const {
    return offset <= size_ && count <= size_ - offset;
  }

  // Fills `to`; false when the file is shorter or cannot be read.
  bool Read(std::uint64_t offset, std::span<std::byte> to) const {
    if (!Holds(offset, to.size())) return false;
    for (std::size_t done = 0; done < to.size();) {
      const ssize_t got =
          ::pread(fd_, to.data() + done, to.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;  // 0: the file was cut since it was opened
      done += static_cast<std::size_t>(got);
    }
    return true;
  }

  // `count` objects of T at `offset`; none when the file does not hold them all.
  template <typename T>
  std::optional<std::vector<T>> ReadArray(std::uint64_t offset, std::uint64_t count) const {
    static_assert(std::is_trivially_copyable_v<T>);
    if (count > size_ / sizeof(T) || !Holds(offset, count * sizeof(T))) return std::nullopt;
    std::vector<T> objects(count);
    if (!Read(offset, std::as_writable_bytes(std::span(objects)))) return std::nullopt;
    return objects;
  }

 private:
  int fd_;
  std::uint64_t size_;
};

}  // namespace osprey
