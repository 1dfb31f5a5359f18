#include "osprey/native/code_frames.h"

#include <fcntl.h>

#include <utility>

namespace osprey {
namespace {

constexpr const char* kVdso = "[vdso]";

// What a file without ELF headers counts its addresses by: its bytes.
std::uint64_t OffsetBias(const Mapping& mapping) {
  return mapping.start.value - mapping.file_offset;
}

}  // namespace

CodeFrames::Loaded CodeFrames::Load(const Mapping& mapping, const MemoryMap& map) {
  NativeModule row{mapping.path, {}, mapping.device, mapping.inode, {}};
  if (row.path.empty()) row.path = "[anonymous]";
  if (mapping.inode == 0 && mapping.path != kVdso) return {modules_->Add(std::move(row)), 0};
  std::uint64_t bias = OffsetBias(mapping);
  const Module module = ModuleOf(mapping, map);
  if (auto opened = target_->OpenFile(module)) {
    UniqueFd copy(::fcntl(opened->get(), F_DUPFD_CLOEXEC, 0));
    if (auto elf = ElfFile::FromFd(std::move(copy), module.path)) {
      row.build_id = elf->BuildId();
      row.file = std::move(*opened);
      row.root = Root();
      if (const auto found = LoadBias(module, *elf)) bias = *found;
    }
  }
  return {modules_->Add(std::move(row)), bias};
}

std::shared_ptr<const TargetRoot> CodeFrames::Root() {
  auto root = target_->ForeignRoot();
  // One descriptor does for all files.
  if (!root || !root_ || !root->IsSame(*root_)) root_ = std::move(root);
  return root_;
}

FrameId CodeFrames::Look(Address address, const MemoryMap& map) {
  const Mapping* mapping = map.Find(address);
  if (mapping == nullptr) {
    const ModuleId unknown = modules_->Add(NativeModule{"[unknown]", {}, 0, 0, {}});
    return modules_->Frame(unknown, FileAddress{address.value});
  }
  auto loaded = loaded_.find(mapping->start);
  if (loaded == loaded_.end()) {
    loaded = loaded_.emplace(mapping->start, Load(*mapping, map)).first;
  }
  const FrameId frame =
      modules_->Frame(loaded->second.module, FileAddress{address.value - loaded->second.bias});
  frames_.emplace(address, frame);
  return frame;
}

}  // namespace osprey
