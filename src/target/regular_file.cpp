#include "target/regular_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

namespace osprey {

Result<OpenedFile> OpenRegular(const std::string& path) {
  return ReopenRegular(UniqueFd(::open(path.c_str(), O_PATH | O_CLOEXEC)), path);
}

Result<OpenedFile> ReopenRegular(UniqueFd place, const std::string& name) {
  OpenedFile file;
  if (!place.valid() || ::fstat(place.get(), &file.status) != 0) {
    const bool refused = errno == EACCES || errno == EPERM;
    return ErrnoError(refused ? ErrorCode::kNotPermitted : ErrorCode::kNotFound,
                      fmt::format("cannot open {}", name));
  }
  if (!S_ISREG(file.status.st_mode)) {
    return Error{ErrorCode::kNotFound, 0, Address{}, fmt::format("{}: not a regular file", name)};
  }
  const std::string reopened = fmt::format("/proc/self/fd/{}", place.get());
  file.fd.Reset(::open(reopened.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.fd.valid()) {
    return ErrnoError(ErrorCode::kNotPermitted, fmt::format("cannot open {}", name));
  }
  return file;
}

}  // namespace osprey
