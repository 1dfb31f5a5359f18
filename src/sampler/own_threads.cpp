#include "sampler/own_threads.h"

#include <algorithm>

namespace osprey {

void KeepOwnThreads(std::vector<PythonThread>& threads, std::span<const pid_t> ids) {
  const auto is_unknown = [](const PythonThread& thread) { return thread.tid == 0; };
  if (std::all_of(threads.begin(), threads.end(), is_unknown)) return;
  std::erase_if(threads, [&](const PythonThread& thread) {
    return std::find(ids.begin(), ids.end(), thread.tid) == ids.end();
  });
}

}  // namespace osprey
