#include "sampler/own_threads.h"

#include <algorithm>

namespace osprey {

void KeepOwnThreads(const Layout& layout, std::vector<PythonThread>& threads,
                    std::span<const pid_t> ids) {
  if (layout.thread_state.native_thread_id == kAbsent && layout.pthread_tid == kAbsent) return;
  std::erase_if(threads, [&](const PythonThread& thread) {
    return std::find(ids.begin(), ids.end(), thread.tid) == ids.end();
  });
}

}  // namespace osprey
