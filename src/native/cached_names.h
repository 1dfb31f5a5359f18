// The names of one file's code as a cache file holds them: written, and parsed with doubt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "osprey/native/module_symbols.h"

namespace osprey {

// The format, all numbers little-endian: a header with a checksum of all that follows, then the
// ends of the strings, frames, addresses, and the strings' text. docs/decisions/0014-names.md has
// why.
class CachedNames {
 public:
  // One address and its frames, outermost first, none of them or kMaxFrames at most.
  using Named = std::pair<std::uint64_t, std::vector<SourceFrame>>;

  // Deeper than what is inlined anywhere.
  static constexpr std::size_t kMaxFrames = 1024;

  // None for everything that Write has not made with this format and this libdw, or that has lost
  // or changed a byte since.
  static std::optional<CachedNames> Parse(std::string_view bytes);
  // `names` in ascending order, each address once. Empty when it would be larger than 4 GiB.
  static std::string Write(const SymbolSource& source, const std::vector<Named>& names);

  // Puts the right checksum into what has at least the size of a header; for tests.
  static void Seal(std::string& bytes);

  const SymbolSource& source() const { return source_; }
  std::size_t count() const { return addresses_.size(); }
  // Empty where the address is not in it.
  std::vector<SourceFrame> Find(FileAddress address) const;
  // Everything, in ascending order.
  std::vector<Named> All() const;

 private:
  struct FrameRow {
    std::uint32_t function, file, line, is_inlined;
  };
  struct AddressRow {
    std::uint64_t address;
    std::uint32_t first, count;  // of the frames
  };
  friend struct CachedNamesWriter;

  std::vector<SourceFrame> FramesOf(const AddressRow& row) const;
  bool IsSound(std::size_t text_size) const;

  SymbolSource source_;
  std::vector<std::uint32_t> string_ends_;
  std::vector<FrameRow> frames_;
  std::vector<AddressRow> addresses_;
  std::string text_;
};

}  // namespace osprey
