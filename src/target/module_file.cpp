#include "target/module_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "target/file_bytes.h"
#include "target/module_image.h"
#include "target/proc_file.h"
#include "target/regular_file.h"

namespace osprey {
namespace {

bool SameFile(const OpenedFile& file, const Mapping& mapping) {
  return file.status.st_ino == mapping.inode && file.status.st_dev == mapping.device;
}

// Overlay and btrfs file systems show one device in the map and another one in stat(2), overlays
// sometimes another inode too. There the beginning of the file, ELF headers and most often the
// build ID, is held against what is mapped.
bool SameBeginning(const OpenedFile& file, const Memory& memory, const Module& module) {
  constexpr std::size_t kCompared = 4096;
  const auto first =
      std::find_if(module.mappings.begin(), module.mappings.end(), [](const Mapping& m) {
        return m.file_offset == 0 && m.readable && !m.writable && !m.deleted;
      });
  if (first == module.mappings.end()) return false;
  const auto file_size = static_cast<std::uint64_t>(file.status.st_size);
  const auto size = static_cast<std::size_t>(
      std::min<std::uint64_t>({kCompared, file_size, first->end - first->start}));
  std::array<std::byte, kCompared> mapped;
  std::array<std::byte, kCompared> stored;
  return size != 0 && memory.Read(first->start, std::span(mapped).first(size)).has_value() &&
         FileBytes(file.fd.get(), file_size).Read(0, std::span(stored).first(size)) &&
         std::equal(mapped.begin(), mapped.begin() + size, stored.begin());
}

// True when the range still shows the same file: between two looks it may have been mapped anew.
bool StillMapped(pid_t pid, const Mapping& mapping) {
  const auto map = MemoryMap::Read(pid);
  if (!map) return false;
  const Mapping* now = map->Find(mapping.start);
  return now != nullptr && now->start == mapping.start && now->end == mapping.end &&
         now->inode == mapping.inode && now->device == mapping.device;
}

// Where the module's file may be. The map's path starts at our root where that leads to the
// target's mount, as for a plain chroot; else at the root of the target's mount namespace, which
// may be above the target's own root.
std::vector<std::string> Places(pid_t pid, const Module& module) {
  const std::string root = fmt::format("/proc/{}/root", pid);
  std::vector<std::string> places = {root + module.path, module.path};
  const std::string below = ReadLink(root);
  if (below.size() > 1 && module.path.starts_with(below + "/")) {
    places.push_back(root + module.path.substr(below.size()));
  }
  places.push_back(fmt::format("/proc/{}/exe", pid));
  return places;
}

}  // namespace

Result<UniqueFd> OpenModuleFile(pid_t pid, const Memory& memory, const Module& module) {
  Error refusal{ErrorCode::kNotFound, 0, Address{},
                fmt::format("the file {} that process {} has loaded is not there any more",
                            module.path, pid)};
  if (module.mappings.empty()) return refusal;
  const Mapping& mapping = module.mappings.front();
  if (!module.path.starts_with('/')) return CopyModule(memory, module);  // [vdso]

  std::vector<OpenedFile> others;
  for (const std::string& path : Places(pid, module)) {
    auto file = OpenRegular(path);
    if (file && SameFile(*file, mapping)) return std::move(file->fd);
    if (file) others.push_back(std::move(*file));
    if (!file && file.error().code == ErrorCode::kNotPermitted) refusal = file.error();
  }
  // By definition the mapped file, deleted or not; only administrators may open it.
  const std::string map_file =
      fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, mapping.start.value, mapping.end.value);
  if (auto file = OpenRegular(map_file); file && StillMapped(pid, mapping)) {
    return std::move(file->fd);
  }
  for (OpenedFile& file : others) {
    if (SameBeginning(file, memory, module)) return std::move(file.fd);
  }
  if (auto copied = CopyModule(memory, module)) return copied;
  return refusal;
}

}  // namespace osprey
