// The root directory of a process that sees other files than we do: one in a container or a chroot.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

#include "osprey/base/result.h"
#include "osprey/base/unique_fd.h"

namespace osprey {

// Holds one descriptor, so that files are still found when the process has ended.
class TargetRoot {
 public:
  // Null where the process has our root and our mounts, and where its root cannot be opened.
  static std::shared_ptr<const TargetRoot> OfProcess(pid_t pid);

  // Opens the regular file that the process has at this absolute path. Symbolic links and ".." lead
  // where they lead there, and never out of it. Errors as OpenRegular. Before Linux 5.6 an absolute
  // link leads to a file of ours: whoever asks should know what is to be in it.
  Result<UniqueFd> Open(const std::string& path) const;

  // Whether the other one is the same directory.
  bool IsSame(const TargetRoot& other) const;

  // A path of the process's memory map, as Open wants it: that of a chroot is in the map with the
  // root's own path in front.
  std::string Inside(const std::string& mapped_path) const;

 private:
  TargetRoot(UniqueFd directory, std::string path)
      : directory_(std::move(directory)), path_(std::move(path)) {}

  UniqueFd directory_;
  std::string path_;  // where it lies in its mount namespace
};

}  // namespace osprey
