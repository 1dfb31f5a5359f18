#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "cli/rate_text.h"

namespace osprey {
namespace {

constexpr Duration kEvery = std::chrono::milliseconds(250);

// Whether a descriptor of a process is known to be another file than the terminal `terminal`.
bool IsElsewhere(pid_t pid, int descriptor, dev_t terminal) {
  struct stat file;
  if (::stat(fmt::format("/proc/{}/fd/{}", pid, descriptor).c_str(), &file) != 0) return false;
  return !S_ISCHR(file.st_mode) || file.st_rdev != terminal;
}

}  // namespace

Progress::Progress(std::optional<pid_t> command)
    : command_(command), is_terminal_(::isatty(STDERR_FILENO) == 1) {}

bool Progress::IsAlone() const {
  if (!command_) return true;
  struct stat own;
  return ::fstat(STDERR_FILENO, &own) == 0 && IsElsewhere(*command_, STDOUT_FILENO, own.st_rdev) &&
         IsElsewhere(*command_, STDERR_FILENO, own.st_rdev);
}

void Progress::Show(Duration elapsed, const RunFigures& figures) {
  if (!is_terminal_ || elapsed - last_ < kEvery) return;
  last_ = elapsed;
  if (!IsAlone()) {
    Clear();
    return;
  }
  shown_ = true;
  const double seconds = Seconds(elapsed);
  // \r goes to the line's start, ESC [K wipes what an older, longer line left.
  fmt::print(stderr, "\r{:.1f} s  {} samples  {}  {} missed\x1b[K", seconds, figures.samples,
             RateText(RateHad(figures, seconds)), figures.missed_ticks);
  (void)std::fflush(stderr);
}

void Progress::Clear() {
  if (!shown_) return;
  shown_ = false;
  fmt::print(stderr, "\r\x1b[K");
  (void)std::fflush(stderr);
}

}  // namespace osprey
