#include "osprey/target/target_root.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "target/proc_file.h"
#include "target/regular_file.h"

namespace osprey {
namespace {

bool AreOne(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// False where one cannot be looked at.
bool Differ(const std::string& one, const std::string& other) {
  struct stat a {};
  struct stat b {};
  return ::stat(one.c_str(), &a) == 0 && ::stat(other.c_str(), &b) == 0 && !AreOne(a, b);
}

// O_PATH: what lies there may be a device or a pipe.
UniqueFd FindBelow(int directory, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  UniqueFd place(
      static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how)));
  // Older kernels, and containers of ours whose filter does not know the call.
  if (place.valid() || (errno != ENOSYS && errno != EPERM)) return place;
  const std::size_t name = path.find_first_not_of('/');
  if (name == std::string::npos) return place;
  return UniqueFd(::openat(directory, path.c_str() + name, O_PATH | O_CLOEXEC));
}

}  // namespace

std::shared_ptr<const TargetRoot> TargetRoot::OfProcess(pid_t pid) {
  const std::string root = fmt::format("/proc/{}/root", pid);
  if (!Differ(root, "/") && !Differ(fmt::format("/proc/{}/ns/mnt", pid), "/proc/self/ns/mnt")) {
    return nullptr;
  }
  UniqueFd directory(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return nullptr;
  return std::shared_ptr<const TargetRoot>(new TargetRoot(std::move(directory), ReadLink(root)));
}

Result<UniqueFd> TargetRoot::Open(const std::string& path) const {
  auto file = ReopenRegular(FindBelow(directory_.get(), path), path);
  if (!file) return file.error();
  return std::move(file->fd);
}

bool TargetRoot::IsSame(const TargetRoot& other) const {
  struct stat own {};
  struct stat others {};
  return path_ == other.path_ && ::fstat(directory_.get(), &own) == 0 &&
         ::fstat(other.directory_.get(), &others) == 0 && AreOne(own, others);
}

std::string TargetRoot::Inside(const std::string& mapped_path) const {
  const bool is_below = path_.size() > 1 && mapped_path.starts_with(path_ + "/");
  return is_below ? mapped_path.substr(path_.size()) : mapped_path;
}

}  // namespace osprey
