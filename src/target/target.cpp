#include "osprey/target/target.h"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace osprey {
namespace {

bool IsFile(const Mapping& mapping) { return mapping.inode != 0 && mapping.path.starts_with('/'); }

// How many segments of `file` have a mapping that shows their bytes where `bias` puts them.
std::size_t CountFits(const Module& module, const ElfFile& file, std::uint64_t bias) {
  std::size_t fits = 0;
  for (const ElfSegment& segment : file.segments()) {
    const Address loaded(bias + segment.address.value);
    for (const Mapping& mapping : module.mappings) {
      if (segment.file_size != 0 && mapping.Contains(loaded) &&
          mapping.file_offset + (loaded - mapping.start) == segment.file_offset) {
        ++fits;
        break;
      }
    }
  }
  return fits;
}

}  // namespace

std::vector<Module> Modules(const MemoryMap& map) {
  std::vector<Module> modules;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> known;  // by device and inode
  for (const Mapping& mapping : map.mappings()) {
    if (!IsFile(mapping)) continue;
    const auto [entry, is_new] = known.try_emplace({mapping.device, mapping.inode}, modules.size());
    if (is_new) modules.push_back(Module{mapping.path, {}});
    modules[entry->second].mappings.push_back(mapping);
  }
  return modules;
}

Module ModuleOf(const Mapping& mapping, const MemoryMap& map) {
  Module module{mapping.path, {}};
  for (const Mapping& other : map.mappings()) {
    const bool is_same = other.device == mapping.device && other.inode == mapping.inode &&
                         (mapping.inode != 0 || other.start == mapping.start);
    if (is_same) module.mappings.push_back(other);
  }
  return module;
}

Result<std::uint64_t> LoadBias(const Module& module, const ElfFile& file) {
  // One page of a file may be mapped twice, once by the segment that ends in it and once by the one
  // that starts in it, so a single fit proves little: the bias that fits most segments wins.
  // A real file fits at its first loadable segment; a few tries more bear with an unmapped one.
  constexpr std::size_t kMaxTries = 64;
  std::size_t tries = 0;
  std::size_t best_fits = 0;
  std::uint64_t best = 0;
  for (const ElfSegment& segment : file.segments()) {
    if (segment.file_size == 0) continue;
    for (const Mapping& mapping : module.mappings) {
      const std::uint64_t inside = segment.file_offset - mapping.file_offset;  // wraps below it
      if (inside >= mapping.end - mapping.start) continue;
      if (++tries > kMaxTries) break;
      const std::uint64_t bias = (mapping.start + inside).value - segment.address.value;
      const std::size_t fits = CountFits(module, file, bias);
      if (fits > best_fits) {
        best_fits = fits;
        best = bias;
      }
    }
    if (best_fits > 1) break;
  }
  if (best_fits == 0) {
    return Error{ErrorCode::kMalformed, 0, Address{},
                 fmt::format("{}: no mapping fits any of its segments", module.path)};
  }
  return best;
}

}  // namespace osprey
