#include "target/proc_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "osprey/base/unique_fd.h"
#include "target/text_scan.h"

namespace osprey {

Error ProcessError(pid_t pid, int number, std::string_view what) {
  switch (number) {
    case ESRCH:
    case ENOENT:
      return Error{ErrorCode::kNoSuchProcess, 0, Address{}, fmt::format("no such process {}", pid)};
    case EPERM:
    case EACCES:
      return Error{ErrorCode::kNotPermitted, number, Address{},
                   fmt::format("not permitted to {} of process {}", what, pid)};
    default:
      return Error{ErrorCode::kIo, number, Address{},
                   fmt::format("cannot {} of process {}", what, pid)};
  }
}

Result<std::string> ReadProcFile(pid_t pid, std::string_view name, std::size_t limit) {
  const std::string path = fmt::format("/proc/{}/{}", pid, name);
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return ProcessError(pid, errno, fmt::format("read {}", name));

  std::string text;
  std::size_t used = 0;
  while (used < limit) {
    // Doubling keeps a big map to a few calls; the kernel hands out about a page at a time.
    if (used == text.size()) text.resize(std::min(limit, std::max<std::size_t>(4096, used * 2)));
    const ssize_t got = ::read(fd.get(), text.data() + used, text.size() - used);
    if (got < 0) {
      if (errno == EINTR) continue;
      return ProcessError(pid, errno, fmt::format("read {}", name));
    }
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  text.resize(used);
  return text;
}

std::vector<pid_t> ReadTaskIds(pid_t pid) {
  std::vector<pid_t> ids;
  DIR* directory = ::opendir(fmt::format("/proc/{}/task", pid).c_str());
  if (directory == nullptr) return ids;
  const std::unique_ptr<DIR, int (*)(DIR*)> closer(directory, ::closedir);
  // Linux has at most 2^22 threads in all (PID_MAX_LIMIT), so the directory ends.
  while (const dirent* entry = ::readdir(directory)) {
    if (auto id = WholeNumber<pid_t>(entry->d_name)) ids.push_back(*id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::string ReadLink(const std::string& link) {
  std::array<char, 4096> buffer;  // PATH_MAX
  const ssize_t length = ::readlink(link.c_str(), buffer.data(), buffer.size());
  return length > 0 ? std::string(buffer.data(), static_cast<std::size_t>(length)) : std::string();
}

}  // namespace osprey
