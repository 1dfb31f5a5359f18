// `osprey top` on a screen: waits for keys, signals and samples, and draws.
#include <fmt/format.h>
#include <poll.h>
#include <spdlog/sinks/ringbuffer_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <utility>

#include "cli/flamegraph_file.h"
#include "cli/top_watch.h"
#include "osprey/tui/top_control.h"
#include "osprey/tui/top_view.h"

namespace osprey {
namespace {

constexpr Duration kPatience =
    std::chrono::milliseconds(500);  // for the first samples, or an error
constexpr int kWakeMilliseconds =
    250;  // to see whether the session is over, if nothing else happens
// Redraws take at most this part of the time, however slow the terminal is.
constexpr int kDrawShare = 20;

// What is logged meanwhile would tear the screen: it is said at the end.
class HeldLog {
 public:
  HeldLog() : held_(std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(kLines)) {
    before_ = spdlog::default_logger();
    auto logger = std::make_shared<spdlog::logger>("osprey-held", held_);
    logger->set_level(before_->level());
    spdlog::set_default_logger(std::move(logger));
  }
  HeldLog(const HeldLog&) = delete;
  HeldLog& operator=(const HeldLog&) = delete;
  ~HeldLog() {
    spdlog::set_default_logger(before_);
    for (const std::string& line : held_->last_formatted()) {
      (void)std::fputs(line.c_str(), stderr);
    }
  }

 private:
  static constexpr std::size_t kLines = 1000;
  std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> held_;
  std::shared_ptr<spdlog::logger> before_;
};

// Stops this process as Ctrl-Z does, until somebody lets it go on. (Nobody would, were there no
// shell to do so: then the kernel does not stop it.)
void StopHere() {
  struct sigaction by_default {};
  struct sigaction before {};
  by_default.sa_handler = SIG_DFL;
  ::sigaction(SIGTSTP, &by_default, &before);
  sigset_t stop;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTSTP);
  ::kill(::getpid(), SIGTSTP);
  ::pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);  // here it stops
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  ::sigaction(SIGTSTP, &before, nullptr);
}

class ScreenWatch {
 public:
  ScreenWatch(TopWatch& watch, TopView& view)
      : watch_(watch), view_(view), control_(watch.model, state_) {}

  WatchEnd Run();

 private:
  void Draw();
  std::optional<WatchEnd> TakeSignals();
  std::optional<WatchEnd> TakeKeys();
  std::optional<WatchEnd> TakeSamples();
  void ToggleSubprocesses();
  void ToggleNative();
  void Write();
  void Say(std::string message, bool is_error) {
    state_.message = std::move(message);
    state_.is_error = is_error;
    must_draw_ = true;
  }

  TopWatch& watch_;
  TopView& view_;
  ScreenState state_;
  TopControl control_;
  Screen screen_;
  bool must_draw_ = true;
  bool has_news_ = false;
  // Makes the session as it was before the last key that began another; null: it is the first.
  std::function<void()> undo_;
  TimePoint draw_again_;
  TimePoint drawn_;
};

void ScreenWatch::Draw() {
  const TimePoint begin = Clock::now();
  watch_.model.Refresh();
  watch_.facts.subprocesses = watch_.sampling.subprocesses();
  watch_.facts.native = watch_.sampling.native();
  screen_ = ComposeScreen(watch_.model, watch_.facts, state_, view_.size());
  view_.Draw(screen_);
  const TimePoint end = Clock::now();
  draw_again_ = end + kDrawShare * (end - begin);
  drawn_ = end;
  must_draw_ = false;
  has_news_ = false;
}

std::optional<WatchEnd> ScreenWatch::TakeSignals() {
  while (const int signal = watch_.signals.Take()) {
    switch (signal) {
      case SIGWINCH:
        view_.Resize();
        must_draw_ = true;
        break;
      case SIGTSTP:
        view_.Suspend();
        StopHere();
        view_.Resume();
        must_draw_ = true;
        break;
      case SIGCONT:  // stopped by somebody else: the terminal may be as the shell wants it
        view_.Resume();
        must_draw_ = true;
        break;
      default:
        return WatchEnd{WatchEnd::Why::kSignal, signal};
    }
  }
  return std::nullopt;
}

void ScreenWatch::ToggleSubprocesses() {
  const bool on = !watch_.sampling.subprocesses();
  watch_.sampling.SetSubprocesses(on);
  undo_ = [this, on] { watch_.sampling.SetSubprocesses(!on); };
  Say(on ? "subprocesses too, from now on" : "without subprocesses from now on", false);
}

void ScreenWatch::ToggleNative() {
  const bool on = !watch_.sampling.native();
  watch_.sampling.SetNative(on);
  undo_ = [this, on] { watch_.sampling.SetNative(!on); };
  Say(on ? "native frames too, from now on" : "without native frames from now on", false);
}

void ScreenWatch::Write() {
  const auto path = WriteFlamegraph(watch_.model, watch_.title, watch_.own_root,
                                    watch_.options.style.full_filenames);
  if (path) {
    Say("wrote " + *path, false);
  } else {
    Say(path.error().Message(), true);
  }
}

std::optional<WatchEnd> ScreenWatch::TakeKeys() {
  bool is_closed = false;
  for (const KeyPress& key : view_.TakeKeys(is_closed)) {
    must_draw_ = true;
    switch (control_.Press(key, screen_)) {
      case TopControl::Request::kNone:
        break;
      case TopControl::Request::kQuit:
        return WatchEnd{WatchEnd::Why::kQuit, 0};
      case TopControl::Request::kSubprocesses:
        ToggleSubprocesses();
        break;
      case TopControl::Request::kNative:
        ToggleNative();
        break;
      case TopControl::Request::kWrite:
        Write();
        break;
      case TopControl::Request::kRedraw:
        view_.ForgetScreen();
        break;
    }
    // What the next key means may depend on what stands where.
    if (control_.is_pasting()) continue;
    screen_ = ComposeScreen(watch_.model, watch_.facts, state_, view_.size());
  }
  if (is_closed) return WatchEnd{WatchEnd::Why::kSignal, SIGHUP};
  return std::nullopt;
}

std::optional<WatchEnd> ScreenWatch::TakeSamples() {
  const bool is_over = watch_.sampling.IsOver();
  if (is_over) watch_.sampling.Stop();
  if (watch_.TakeSlice()) has_news_ = true;
  if (watch_.sampling.TakeSurvivors()) {
    Say("it has ended; processes that it started still run", false);
  }
  if (!is_over) return std::nullopt;
  const auto& end = watch_.sampling.end();
  // As it is now, there is nothing to sample: as it was before, then.
  if (!end && undo_) {
    const std::string why = end.error().Message();
    std::exchange(undo_, nullptr)();
    Say(why, true);
    return std::nullopt;
  }
  return WatchEnd{WatchEnd::Why::kOver, 0};
}

WatchEnd ScreenWatch::Run() {
  for (;;) {
    const TimePoint now = Clock::now();
    watch_.ReadUsage(now);
    // Until the first samples come, only this shows that something goes on.
    if (watch_.model.watched_seconds() == 0 && now - drawn_ >= watch_.options.delay)
      has_news_ = true;
    if (must_draw_ || (has_news_ && now >= draw_again_)) Draw();
    pollfd ready[] = {{STDIN_FILENO, POLLIN, 0},
                      {watch_.signals.fd(), POLLIN, 0},
                      {watch_.sampling.fd(), POLLIN, 0}};
    (void)::poll(ready, 3, kWakeMilliseconds);
    if (const auto end = TakeSignals()) return *end;
    if (ready[0].revents != 0) {
      if (const auto end = TakeKeys()) return *end;
    }
    if (const auto end = TakeSamples()) return *end;
  }
}

}  // namespace

Result<WatchEnd> WatchOnScreen(TopWatch& watch) {
  const TimePoint begin = Clock::now();
  // A process that is no Python, or may not be read, is found out now.
  while (Clock::now() - begin < kPatience && !watch.sampling.IsOver() && !watch.TakeSlice()) {
    pollfd ready = {watch.sampling.fd(), POLLIN, 0};
    (void)::poll(&ready, 1, 20);
  }
  if (watch.sampling.IsOver()) {
    watch.sampling.Stop();
    watch.TakeSlice();
    return WatchEnd{WatchEnd::Why::kOver, 0};
  }
  const HeldLog log;
  auto view = TopView::Open();
  if (!view) return view.error();
  return ScreenWatch(watch, **view).Run();
}

}  // namespace osprey
