#include "sampler/thread_states.h"

#include <sys/syscall.h>

#include <cstring>

namespace osprey {
namespace {

// The GIL's struct (Include/internal/pycore_gil.h) is under 200 bytes: its condition variable and
// mutex follow `locked`. A thread that waits for the GIL waits on a futex inside.
constexpr std::uint64_t kGilBytes = 200;
constexpr std::int32_t kAttached = 1;  // _Py_THREAD_ATTACHED, Include/internal/pycore_pystate.h

}  // namespace

ThreadState StateOf(const Layout& layout, Address thread, const ThreadActivity& activity,
                    const InterpreterState* interpreter, bool is_attached) {
  ThreadState state;
  state.on_cpu = activity.on_cpu;
  if (interpreter == nullptr) return state;
  const bool may_lack_gil = layout.gil.enabled != kAbsent;
  if (may_lack_gil) state.holds_gil = is_attached;
  if (interpreter->gil_words.IsNull()) return state;
  if (!may_lack_gil) state.holds_gil = interpreter->gil.IsHeldBy(thread);
  state.waits_for_gil = !state.holds_gil && activity.system_call == SYS_futex &&
                        activity.first_argument - interpreter->gil_words < kGilBytes;
  return state;
}

bool IsAttached(const Layout& layout, const std::byte* state) {
  if (layout.thread_state.state == kAbsent) return false;
  std::int32_t value = 0;
  std::memcpy(&value, state + layout.thread_state.state, sizeof value);
  return value == kAttached;
}

}  // namespace osprey
