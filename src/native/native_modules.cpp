#include "osprey/native/native_modules.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace osprey {
namespace {

Result<UniqueFd> Duplicate(int fd, const std::string& name) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy.valid()) return ErrnoError(ErrorCode::kIo, fmt::format("cannot open {}", name));
  return copy;
}

bool IsSameFile(int fd, const NativeModule& module) {
  if (module.build_id.empty()) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && status.st_ino == module.inode &&
           status.st_dev == module.device;
  }
  auto copy = Duplicate(fd, module.path);
  if (!copy) return false;
  const auto file = ElfFile::FromFd(std::move(*copy), module.path);
  return file && file->BuildId() == module.build_id;
}

}  // namespace

std::size_t NativeModules::PlaceHash::operator()(const Place& place) const {
  // The odd constant is 2^64 / golden ratio (Knuth, TAOCP 3, 6.4): it spreads neighbours.
  return std::hash<std::uint64_t>{}(place.address ^ (place.module.value * 0x9E3779B97F4A7C15ULL));
}

ModuleId NativeModules::Add(NativeModule module) {
  const bool has_id = !module.build_id.empty();
  const Key key{module.path, module.build_id, has_id ? 0 : module.device,
                has_id ? 0 : module.inode};
  const auto [entry, is_new] =
      ids_.try_emplace(key, ModuleId{static_cast<std::uint32_t>(rows_.size())});
  if (!is_new) return entry->second;
  if (open_ >= kMaxOpen) {
    module.file.Reset();
    module.root.reset();
  }
  if (module.file.valid()) ++open_;
  const unsigned number = ++paths_[module.path];
  const std::string label = number == 1 ? module.path : fmt::format("{} ({})", module.path, number);
  const StringId interned = stacks_->strings().Intern(label);
  const std::lock_guard lock(mutex_);
  rows_.push_back(Row{std::move(module), interned});
  return entry->second;
}

FrameId NativeModules::Frame(ModuleId module, FileAddress address) {
  const auto [entry, is_new] = frames_.try_emplace(Place{module, address.value});
  if (is_new) {
    const StringId function = stacks_->strings().Intern(fmt::format("{:#x}", address.value));
    entry->second =
        stacks_->InternFrame({function, rows_[module.value].label, 0, FrameKind::kNative});
    const std::lock_guard lock(mutex_);
    places_.push_back({entry->second, module, address});
  }
  return entry->second;
}

void NativeModules::AddRuntime(const std::string& path) {
  const std::lock_guard lock(mutex_);
  runtimes_.insert(path);
}

bool NativeModules::HoldsRuntime(ModuleId id) const {
  const std::lock_guard lock(mutex_);
  return runtimes_.contains(rows_[id.value].module.path);
}

const NativeModule& NativeModules::module(ModuleId id) const {
  const std::lock_guard lock(mutex_);
  return rows_[id.value].module;
}

std::vector<PlaceOfCode> NativeModules::places(std::size_t begin) const {
  const std::lock_guard lock(mutex_);
  return {places_.begin() + static_cast<std::ptrdiff_t>(std::min(begin, places_.size())),
          places_.end()};
}

Result<UniqueFd> NativeModules::Open(ModuleId id) const {
  const NativeModule& wanted = module(id);
  if (wanted.file.valid()) return Duplicate(wanted.file.get(), wanted.path);
  const Error none{ErrorCode::kNotFound, 0, Address{},
                   fmt::format("the file {} is not there any more", wanted.path)};
  if (!wanted.path.starts_with('/')) return none;
  // O_NONBLOCK: a named pipe would keep us waiting for its writer.
  UniqueFd fd(
      ::open(wanted.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW));
  if (!fd.valid() || !IsSameFile(fd.get(), wanted)) return none;
  return fd;
}

}  // namespace osprey
