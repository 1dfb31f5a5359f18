#include "target/restarted_call.h"

namespace osprey {

std::string_view RestartedCall(std::string_view wchan) {
  // Those that set a restart function in the kernel (set_restart_fn): kernel/futex/waitwake.c,
  // kernel/time/hrtimer.c, posix-stubs.c and alarmtimer.c, fs/select.c. Names of functions change
  // more often than the words in them.
  if (wchan.find("futex") != std::string_view::npos) return "futex";
  if (wchan.find("nanosleep") != std::string_view::npos ||
      wchan.find("nsleep") != std::string_view::npos) {
    return "clock_nanosleep";
  }
  if (wchan.find("poll") != std::string_view::npos) return "poll";
  return {};
}

}  // namespace osprey
