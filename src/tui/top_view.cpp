#include "osprey/tui/top_view.h"

#include <curses.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "osprey/tui/signal_stack.h"
#include "tui/crash_restore.h"
#include "tui/terminal_capability.h"
#include "tui/terminal_keys.h"
#include "tui/terminal_styles.h"

namespace osprey {
namespace {

void WriteAll(const std::string& bytes) {
  (void)std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  (void)std::fflush(stdout);
}

// ncurses would end the program by itself on some signals, in handlers of its own.
class KeptHandlers {
 public:
  KeptHandlers() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], nullptr, &kept_[i]);
  }
  KeptHandlers(const KeptHandlers&) = delete;
  KeptHandlers& operator=(const KeptHandlers&) = delete;
  ~KeptHandlers() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &kept_[i], nullptr);
  }

 private:
  static constexpr std::array kSignals = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
  std::array<struct sigaction, kSignals.size()> kept_{};
};

bool WantsColours() {
  const char* no_color = std::getenv("NO_COLOR");  // no-color.org: any value that is not empty
  return (no_color == nullptr || *no_color == '\0') && ::has_colors();
}

}  // namespace

struct TopView::Terminal {
  termios modes{};
  SCREEN* screen = nullptr;
  std::optional<TerminalStyles> styles;
  std::optional<SignalStack> stack;
  std::optional<CrashRestore> crash;
  bool is_suspended = false;

  Terminal() = default;
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (screen == nullptr) return;
    if (!is_suspended) Leave();
    ::delscreen(screen);
    crash.reset();
  }
  void Leave() {
    WriteAll(kReportsOff);
    ::endwin();
    // What ncurses has set back, and whatever else it was.
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
  }
};

bool TopView::IsPossible() {
  const char* name = std::getenv("TERM");
  if (name == nullptr || *name == '\0' || std::strcmp(name, "dumb") == 0) return false;
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1) return false;
  return HasScreen(name);
}

Result<std::unique_ptr<TopView>> TopView::Open() {
  auto terminal = std::make_unique<Terminal>();
  if (::tcgetattr(STDIN_FILENO, &terminal->modes) != 0) {
    return ErrnoError(ErrorCode::kIo, "cannot read the modes of the terminal");
  }
  // The terminal knows its size better than an environment that was made when it had another.
  ::use_tioctl(TRUE);
  const KeptHandlers handlers;
  terminal->screen = ::newterm(nullptr, stdout, stdin);
  if (terminal->screen == nullptr) {
    const char* name = std::getenv("TERM");
    return Error{ErrorCode::kUnsupported, 0, Address{},
                 std::string("the terminal is unknown: TERM=") + (name != nullptr ? name : "")};
  }
  terminal->stack.emplace();
  terminal->crash.emplace(STDIN_FILENO, terminal->modes,
                          std::string(kReportsOff) + Capability("sgr0") + Capability("cnorm") +
                              Capability("rmkx") + Capability("rmcup") + "\r\n");
  ::cbreak();  // Ctrl-C and Ctrl-Z stay signals: the command gets them as well
  ::noecho();
  ::nonl();
  ::keypad(stdscr, TRUE);
  ::nodelay(stdscr, TRUE);
  // A sequence that comes over a slow line comes in one piece, nearly always.
  ::set_escdelay(50);
  ::leaveok(stdscr, FALSE);
  ::curs_set(0);
  DefineMoreKeys();
  terminal->styles.emplace(WantsColours());
  WriteAll(kReportsOn);
  return std::unique_ptr<TopView>(new TopView(std::move(terminal)));
}

TopView::TopView(std::unique_ptr<Terminal> terminal) : terminal_(std::move(terminal)) {}

TopView::~TopView() = default;

ScreenSize TopView::size() const { return {getmaxx(stdscr), getmaxy(stdscr)}; }

void TopView::Draw(const Screen& screen) {
  const int columns = getmaxx(stdscr);
  const int rows = getmaxy(stdscr);
  const bool is_known = drawn_.size() == static_cast<std::size_t>(rows);
  if (!is_known) {
    ::erase();
    drawn_.assign(static_cast<std::size_t>(rows), {});
  }
  for (std::size_t row = 0; row < drawn_.size(); ++row) {
    const StyledLine line = row < screen.lines.size() ? screen.lines[row] : StyledLine{};
    // ncurses goes through every cell of a row that was written to, whether it has changed or not.
    if (line == drawn_[row]) continue;
    DrawLine(static_cast<int>(row), columns, line);
    drawn_[row] = line;
  }
  ::curs_set(screen.cursor ? 1 : 0);
  if (screen.cursor) ::move(rows - 1, std::min(*screen.cursor, columns - 1));
  ::refresh();
}

void TopView::DrawLine(int row, int columns, const StyledLine& line) {
  ::move(row, 0);
  ::clrtoeol();
  int used = 0;
  for (const StyledLine::Span& span : line.spans) {
    const int width = WidthOf(span.text);
    // A line that is too long would go on in the next row; only a fault of ours makes one.
    if (used + width > columns) break;
    used += width;
    ::attrset(static_cast<int>(terminal_->styles->Of(span.style)));
    ::addstr(span.text.c_str());
  }
  if (line.fill != Style::kPlain && used < columns) {
    ::attrset(static_cast<int>(terminal_->styles->Of(line.fill)));
    ::addstr(std::string(static_cast<std::size_t>(columns - used), ' ').c_str());
  }
  ::attrset(A_NORMAL);
}

void TopView::ForgetScreen() {
  drawn_.clear();
  ::clearok(stdscr, TRUE);
}

void TopView::Resize() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    return;
  }
  // More than any terminal has: ncurses asks for memory for every cell.
  constexpr int kMost = 2000;
  ::resizeterm(std::min<int>(size.ws_row, kMost), std::min<int>(size.ws_col, kMost));
  ForgetScreen();
}

std::vector<KeyPress> TopView::TakeKeys(bool& is_closed) { return ReadKeys(is_closed); }

void TopView::Suspend() {
  ::def_prog_mode();
  terminal_->Leave();
  terminal_->is_suspended = true;
}

void TopView::Resume() {
  if (terminal_->is_suspended) ::tcgetattr(STDIN_FILENO, &terminal_->modes);
  terminal_->is_suspended = false;
  ::reset_prog_mode();
  WriteAll(kReportsOn);
  Resize();
  ForgetScreen();
}

}  // namespace osprey
