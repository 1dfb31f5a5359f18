#include "target/proc_task.h"

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "target/text_scan.h"

namespace osprey {

std::vector<pid_t> ListThreadIds(pid_t pid) {
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

}  // namespace osprey
