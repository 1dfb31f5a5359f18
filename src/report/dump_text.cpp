#include <fmt/color.h>
#include <fmt/format.h>

#include <cmath>

#include "code_origin.h"
#include "osprey/report/dump_reporter.h"
#include "osprey/report/frame_namer.h"
#include "text_escape.h"

namespace osprey {
namespace {

// 12.3 s, 4.5 ms, 2 h 3 min: as many places as a person looks at.
std::string TimeText(Duration time) {
  const double s = Seconds(time);
  if (s < 1e-3) return fmt::format("{:.0f} us", s * 1e6);
  if (s < 1) return fmt::format("{:.1f} ms", s * 1e3);
  if (s < 60) return fmt::format("{:.1f} s", s);
  const auto minutes = static_cast<std::uint64_t>(s / 60);
  if (minutes < 60) return fmt::format("{} min {:.0f} s", minutes, std::floor(std::fmod(s, 60)));
  return fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

class TextWriter {
 public:
  TextWriter(const ThreadDump& dump, const DumpStyle& style, std::ostream& out)
      : dump_(dump),
        style_(style),
        out_(out),
        namer_(dump.stacks, style.frames, style.own_code_root) {}

  void Write() {
    WriteHead();
    for (const DumpedThread& thread : dump_.threads) WriteThread(thread);
    WriteWaits();
  }

 private:
  // `text` in that style where colours are wanted.
  std::string Styled(std::string_view text, const fmt::text_style& how) const {
    return style_.is_colored ? fmt::format("{}", fmt::styled(text, how)) : std::string(text);
  }

  void WriteHead() {
    const std::string command = CleanText(dump_.command);
    if (dump_.core.empty()) {
      out_ << Styled(fmt::format("Process {}", dump_.pid), fmt::emphasis::bold);
    } else {
      out_ << Styled(fmt::format("Core of process {}", dump_.pid), fmt::emphasis::bold);
    }
    if (!command.empty()) out_ << ": " << command;
    out_ << '\n' << (dump_.python_version.empty() ? "No Python" : "Python " + dump_.python_version);
    if (!dump_.executable.empty()) out_ << " (" << CleanText(dump_.executable) << ")";
    if (dump_.parent) out_ << ", child of " << *dump_.parent;
    if (!dump_.core.empty()) out_ << ", from " << CleanText(dump_.core);
    if (!dump_.signal.empty()) out_ << ", ended by " << dump_.signal;
    if (dump_.stopped_for) out_ << ", " << StopText();
    out_ << '\n';
    for (const std::string& warning : dump_.warnings) {
      out_ << Styled("warning: " + CleanText(warning), fmt::fg(fmt::terminal_color::yellow))
           << '\n';
    }
    if (dump_.threads.empty()) out_ << "\nIt has no threads that can be read.\n";
  }

  std::string StopText() const {
    if (dump_.stopped_threads == 0) return "no thread had to be stopped";
    const std::string time = TimeText(*dump_.stopped_for);
    if (dump_.stopped_threads == dump_.threads.size()) return "stopped for " + time;
    return fmt::format("{} of {} threads stopped for {}", dump_.stopped_threads,
                       dump_.threads.size(), time);
  }

  static std::string Label(const DumpedThread& thread) {
    std::string label = thread.tid != 0 ? fmt::format("thread {}", thread.tid)
                                        : fmt::format("thread {:#x}", thread.ident);
    if (!thread.name.empty()) label += fmt::format(" \"{}\"", CleanText(thread.name));
    if (thread.interpreter != 0) label += fmt::format(" of interpreter {}", thread.interpreter);
    return label;
  }

  std::string StateOf(const DumpedThread& thread) const {
    const auto green = fmt::fg(fmt::terminal_color::green);
    const auto yellow = fmt::fg(fmt::terminal_color::yellow);
    const auto dim = fmt::fg(fmt::terminal_color::bright_black);
    std::string text;
    if (thread.took_signal) {
      text = Styled("took " + dump_.signal, fmt::fg(fmt::terminal_color::red)) + ", ";
    }
    if (thread.halted == DumpedThread::Halt::kSignal) {
      text += Styled("stopped by a signal (SIGSTOP, Ctrl-Z)", yellow) + ", ";
    } else if (thread.halted == DumpedThread::Halt::kDebugger) {
      text += Styled("stopped by a debugger", yellow) + ", ";
    }
    if (thread.state.on_cpu) {
      const bool is_python = thread.ident != 0 && thread.stack != DumpedThread::Stack::kNone;
      text += Styled(thread.state.holds_gil ? "running, holds the GIL"
                     : is_python            ? "running without the GIL"
                                            : "running",
                     green);
    } else if (thread.state.waits_for_gil) {
      text += Styled("waiting for the GIL", yellow);
    } else {
      if (thread.state.holds_gil) text = Styled("holds the GIL", yellow) + ", ";
      text += Styled(
          thread.system_call.empty() ? "waiting" : "in system call " + thread.system_call, dim);
    }
    if (thread.asleep_for && !thread.state.on_cpu) {
      text += Styled(", asleep for " + TimeText(*thread.asleep_for), dim);
    }
    return text;
  }

  void WriteThread(const DumpedThread& thread) {
    std::string label = Label(thread);
    label.front() = 'T';
    out_ << '\n' << Styled(label, fmt::emphasis::bold) << ": " << StateOf(thread) << '\n';
    switch (thread.stack) {
      case DumpedThread::Stack::kNone:
        out_ << "    (runs no Python code)\n";
        break;
      case DumpedThread::Stack::kUnread:
        out_ << "    (its stack could not be read)\n";
        break;
      case DumpedThread::Stack::kCut:
      case DumpedThread::Stack::kComplete:
        for (std::size_t i = thread.frames.size(); i-- > 0;) WriteFrame(thread.frames[i]);
        if (thread.stack == DumpedThread::Stack::kCut) out_ << "    (some frames are missing)\n";
        break;
    }
  }

  void WriteFrame(const DumpedFrame& dumped) {
    const Frame& frame = dump_.stacks.frame(dumped.frame);
    const std::string name = CleanText(dump_.stacks.strings().Get(frame.function));
    const std::string whole = CleanText(namer_.NameOf(frame));
    const std::string where = whole.size() > name.size() ? whole.substr(name.size()) : "";
    const std::string_view file = dump_.stacks.strings().Get(frame.file);
    const bool is_own = OriginOf(frame.kind, file, style_.own_code_root) == CodeOrigin::kOwn;
    out_ << "    " << Styled(name, is_own ? fmt::fg(fmt::terminal_color::cyan) : fmt::text_style())
         << Styled(where, fmt::fg(fmt::terminal_color::bright_black)) << '\n';
    WriteVariables(dumped, true, "arguments");
    WriteVariables(dumped, false, "locals");
  }

  void WriteVariables(const DumpedFrame& frame, bool are_arguments, std::string_view title) {
    bool is_first = true;
    for (const DumpedVariable& variable : frame.variables) {
      if (variable.is_argument != are_arguments) continue;
      if (is_first) {
        out_ << "        " << Styled(title, fmt::fg(fmt::terminal_color::bright_black)) << '\n';
      }
      is_first = false;
      out_ << "            " << CleanText(variable.name) << " = " << CleanText(variable.value)
           << '\n';
    }
  }

  static std::string ObjectOf(const DumpedWait& wait) {
    switch (wait.what) {
      case DumpedWait::For::kGil:
        return "the GIL";
      case DumpedWait::For::kLock:
        return fmt::format("the lock {:#x}", wait.object);
      case DumpedWait::For::kRLock:
        return fmt::format("the RLock {:#x}", wait.object);
      case DumpedWait::For::kThread:
        return "the end";
    }
    return {};
  }

  void WriteWaits() {
    if (dump_.waits.empty()) return;
    out_ << '\n' << Styled("Who waits for whom", fmt::emphasis::bold) << '\n';
    for (const DumpedWait& wait : dump_.waits) {
      std::string waiter = Label(dump_.threads[wait.waiter]);
      waiter.front() = 'T';
      out_ << "    " << waiter << " waits for " << ObjectOf(wait);
      if (wait.what == DumpedWait::For::kThread) {
        out_ << " of " << (wait.owner ? Label(dump_.threads[*wait.owner]) : "another thread");
      } else if (wait.owner) {
        out_ << (wait.what == DumpedWait::For::kGil ? ", which " : ", held by ")
             << Label(dump_.threads[*wait.owner])
             << (wait.what == DumpedWait::For::kGil ? " holds" : "");
      } else {
        out_ << ", and who holds it is not known";
      }
      out_ << '\n';
    }
    for (const auto& circle : dump_.deadlocks) WriteDeadlock(circle);
  }

  void WriteDeadlock(const std::vector<std::size_t>& circle) {
    std::string text = "deadlock: ";
    for (const std::size_t thread : circle) {
      text += Label(dump_.threads[thread]) + (circle.size() == 1 ? " waits for " : " -> ");
    }
    text += circle.size() == 1 ? "itself" : Label(dump_.threads[circle.front()]);
    out_ << Styled(text, fmt::emphasis::bold | fmt::fg(fmt::terminal_color::red)) << '\n';
  }

  const ThreadDump& dump_;
  const DumpStyle& style_;
  std::ostream& out_;
  FrameNamer namer_;
};

}  // namespace

Result<void> WriteDumpText(const ThreadDump& dump, const DumpStyle& style, std::ostream& out) {
  TextWriter(dump, style, out).Write();
  out.flush();
  if (!out) return Error{ErrorCode::kIo, 0, Address{}, "cannot write the dump"};
  return {};
}

}  // namespace osprey
