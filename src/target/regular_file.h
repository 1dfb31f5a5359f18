// Opens a file by a path that a target has chosen.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "osprey/base/result.h"
#include "osprey/base/unique_fd.h"

namespace osprey {

struct OpenedFile {
  UniqueFd fd;
  struct stat status {};

  std::uint64_t size() const { return static_cast<std::uint64_t>(status.st_size); }
};

// Opens a regular file for reading. In two steps: O_PATH has no effect on what it names, where
// opening a device or a pipe that lies at such a path may have one. kNotFound, also for what is no
// regular file; kNotPermitted when the kernel refuses.
Result<OpenedFile> OpenRegular(const std::string& path);

// The second step alone: `place` was opened with O_PATH, or is invalid with errno saying why.
// `name` is for errors, which are those of OpenRegular.
Result<OpenedFile> ReopenRegular(UniqueFd place, const std::string& name);

}  // namespace osprey
