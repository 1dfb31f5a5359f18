#include "osprey/base/unique_fd.h"

#include <unistd.h>

namespace osprey {

void UniqueFd::Reset(int fd) {
  // close(2) on Linux releases the descriptor even when it is interrupted: never repeat it.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace osprey
