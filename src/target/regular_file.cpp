#include "target/regular_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

namespace osprey {

Result<OpenedFile> OpenRegular(const std::string& path) {
  OpenedFile file;
  const UniqueFd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place.valid() || ::fstat(place.get(), &file.status) != 0) {
    const bool refused = errno == EACCES || errno == EPERM;
    return ErrnoError(refused ? ErrorCode::kNotPermitted : ErrorCode::kNotFound,
                      fmt::format("cannot open {}", path));
  }
  if (!S_ISREG(file.status.st_mode)) {
    return Error{ErrorCode::kNotFound, 0, Address{}, fmt::format("{}: not a regular file", path)};
  }
  const std::string reopened = fmt::format("/proc/self/fd/{}", place.get());
  file.fd.Reset(::open(reopened.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.fd.valid()) {
    return ErrnoError(ErrorCode::kNotPermitted, fmt::format("cannot open {}", path));
  }
  return file;
}

}  // namespace osprey
