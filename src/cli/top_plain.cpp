// `osprey top` where there is no screen: tables as plain text, one below the other.
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "cli/top_watch.h"

namespace osprey {
namespace {

constexpr std::size_t kRows = 20;  // of a table where there is no screen to fill
constexpr int kNoTerminal = 400;   // columns: a file is read by programs and wide editors
constexpr int kDumbTerminal = 80;  // where it does not say how wide it is

ScreenSize SizeOfOutput() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 1) return {kNoTerminal, 0};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {kDumbTerminal, 0};
  return {std::max<int>(size.ws_col, 40), size.ws_row};
}

}  // namespace

Result<void> PrintTable(TopWatch& watch, bool leaves_room) {
  constexpr std::size_t kHeader = 7;  // lines, at the most but for a narrow screen
  watch.model.Refresh();
  const ScreenSize size = SizeOfOutput();
  auto rows = static_cast<std::size_t>(std::max(size.rows, 0));
  if (leaves_room && rows > kRows) rows -= rows / 3;
  const std::size_t lines = rows > kHeader + 3 ? rows - kHeader : kRows;
  std::string text;
  for (const std::string& line : ComposePlain(watch.model, watch.facts, size.columns, lines)) {
    text += line + '\n';
  }
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (is_written && std::fflush(stdout) == 0) return {};
  return ErrnoError(ErrorCode::kIo, "cannot write to standard output");
}

Result<WatchEnd> WatchPlainly(TopWatch& watch) {
  const double wanted =
      watch.options.is_once ? watch.options.view.window_seconds : Seconds(watch.options.delay);
  double printed_at = 0;  // of the time that was watched
  bool is_first = true;
  for (;;) {
    pollfd ready[] = {{watch.signals.fd(), POLLIN, 0}, {watch.sampling.fd(), POLLIN, 0}};
    constexpr int kMilliseconds = 250;
    (void)::poll(ready, 2, kMilliseconds);
    while (const int signal = watch.signals.Take()) {
      auto printed = watch.options.is_once ? PrintTable(watch) : Result<void>();
      if (!printed) return printed.error();
      return WatchEnd{WatchEnd::Why::kSignal, signal};
    }
    const bool is_over = watch.sampling.IsOver();
    if (is_over) watch.sampling.Stop();  // what it has left is all there is
    watch.TakeSlice();
    watch.ReadUsage(Clock::now());
    if (is_over) return WatchEnd{WatchEnd::Why::kOver, 0};
    // A slice comes a moment after its time, never before.
    if (watch.model.watched_seconds() - printed_at < wanted * 0.99) continue;
    if (!is_first) (void)std::fputc('\n', stdout);
    is_first = false;
    if (auto printed = PrintTable(watch); !printed) return printed.error();
    printed_at = watch.model.watched_seconds();
    if (watch.options.is_once) return WatchEnd{WatchEnd::Why::kQuit, 0};
  }
}

}  // namespace osprey
