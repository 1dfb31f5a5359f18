// Names of code on disk, by build ID, so that a second run need not look them up again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "osprey/base/result.h"

namespace osprey {

// May be used by several threads and processes at once. What cannot be read counts as not there.
class NameCache {
 public:
  // The programs of one machine take some 20 MiB; evicted is what was not used for longest.
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{256} << 20;
  // A file with the names of 100,000 addresses takes some 6 MiB.
  static constexpr std::uint64_t kMaxFile = std::uint64_t{32} << 20;

  // $XDG_CACHE_HOME/osprey/symbols, or ~/.cache/osprey/symbols (XDG Base Directory Specification).
  // Empty where the environment has neither.
  static std::string DefaultDirectory();

  // Files are directly in `directory`, which is made when the first is written.
  explicit NameCache(std::string directory, std::uint64_t max_bytes = kMaxBytes)
      : directory_(std::move(directory)), max_bytes_(max_bytes) {}

  // The bytes that were stored for this build ID, which counts as a use of them; nothing where
  // there are none. Whether they are whole is for the caller to find out.
  std::optional<std::string> Load(std::string_view build_id) const;
  // Replaces what is there in one step. kIo when it cannot be written; kInvalidArgument for more
  // than kMaxFile and for what is no build ID of 4 to 64 bytes in hexadecimal.
  Result<void> Store(std::string_view build_id, std::string_view bytes) const;
  // Removes the oldest files beyond the limit, and what writers have left that were killed.
  void Trim() const;

 private:
  std::string directory_;
  std::uint64_t max_bytes_;
};

}  // namespace osprey
