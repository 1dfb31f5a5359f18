#include "osprey/target/memory_map.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <optional>

#include "target/proc_file.h"
#include "target/text_scan.h"

namespace osprey {
namespace {

// A process may have 65,530 mappings unless the administrator allows more; a line is rarely
// longer than 200 bytes and never than 4,200. More than this is not a map that anybody profiles.
constexpr std::size_t kMapTextLimit = std::size_t{256} << 20;

constexpr std::string_view kDeletedMark = " (deleted)";

// "A<separator>B" in hexadecimal.
struct HexPair {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};
std::optional<HexPair> ParseHexPair(std::string_view word, char separator) {
  const std::size_t middle = word.find(separator);
  if (middle == std::string_view::npos) return std::nullopt;
  const auto first = WholeNumber<std::uint64_t>(word.substr(0, middle), 16);
  const auto second = WholeNumber<std::uint64_t>(word.substr(middle + 1), 16);
  if (!first || !second) return std::nullopt;
  return HexPair{*first, *second};
}

// The kernel writes a line feed in a path as "\012" and leaves every other byte alone.
std::string UnescapePath(std::string_view text) {
  constexpr std::string_view kLineFeed = "\\012";
  std::string path;
  for (std::size_t at; (at = text.find(kLineFeed)) != std::string_view::npos;) {
    path.append(text.substr(0, at)).push_back('\n');
    text.remove_prefix(at + kLineFeed.size());
  }
  return path.append(text);
}

std::optional<Mapping> ParseLine(std::string_view line) {
  const auto range = ParseHexPair(TakeWord(line), '-');
  const std::string_view permissions = TakeWord(line);
  const auto offset = WholeNumber<std::uint64_t>(TakeWord(line), 16);
  const auto device = ParseHexPair(TakeWord(line), ':');
  const auto inode = WholeNumber<std::uint64_t>(TakeWord(line));
  if (!range || range->first >= range->second || permissions.size() != 4 || !offset || !device ||
      device->first > 0xffffffff || device->second > 0xffffffff || !inode) {
    return std::nullopt;
  }
  Mapping mapping;
  mapping.start = Address(range->first);
  mapping.end = Address(range->second);
  mapping.readable = permissions[0] == 'r';
  mapping.writable = permissions[1] == 'w';
  mapping.executable = permissions[2] == 'x';
  mapping.file_offset = *offset;
  mapping.device =
      makedev(static_cast<unsigned>(device->first), static_cast<unsigned>(device->second));
  mapping.inode = *inode;
  SkipBlanks(line);
  if (mapping.inode != 0 && line.ends_with(kDeletedMark)) {
    mapping.deleted = true;
    line.remove_suffix(kDeletedMark.size());
  }
  mapping.path = UnescapePath(line);
  return mapping;
}

}  // namespace

Result<MemoryMap> MemoryMap::Read(pid_t pid) {
  auto text = ReadProcFile(pid, "maps", kMapTextLimit);
  if (!text) return text.error();
  return Parse(*text);
}

MemoryMap MemoryMap::Parse(std::string_view text) {
  std::vector<Mapping> mappings;
  while (auto line = TakeLine(text)) {
    if (auto mapping = ParseLine(*line)) mappings.push_back(std::move(*mapping));
  }
  return Of(std::move(mappings));
}

MemoryMap MemoryMap::Of(std::vector<Mapping> mappings) {
  MemoryMap map;
  map.mappings_ = std::move(mappings);
  // The kernel lists them so. A core file or a hand-written text may not, and Find relies on it.
  std::stable_sort(map.mappings_.begin(), map.mappings_.end(),
                   [](const Mapping& a, const Mapping& b) { return a.start < b.start; });
  return map;
}

const Mapping* MemoryMap::Find(Address a) const {
  auto after = std::upper_bound(mappings_.begin(), mappings_.end(), a,
                                [](Address x, const Mapping& m) { return x < m.start; });
  if (after == mappings_.begin()) return nullptr;
  const Mapping& candidate = *std::prev(after);
  return candidate.Contains(a) ? &candidate : nullptr;
}

}  // namespace osprey
