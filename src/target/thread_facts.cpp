#include "osprey/target/thread_facts.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "osprey/target/system_call_name.h"
#include "target/proc_file.h"
#include "target/proc_stat.h"
#include "target/restarted_call.h"
#include "target/text_scan.h"

namespace osprey {
namespace {

constexpr std::size_t kNameLimit = 64;      // TASK_COMM_LEN is 16; a kernel thread's is longer
constexpr std::size_t kSchedLimit = 16384;  // some 50 lines of 60 bytes

std::optional<Duration> ReadExecStart(pid_t pid, pid_t tid) {
  const auto text = ReadProcFile(pid, fmt::format("task/{}/sched", tid), kSchedLimit);
  return text ? ParseExecStart(*text) : std::nullopt;
}

// While it lives, this thread runs on one processor alone.
class OnProcessor {
 public:
  explicit OnProcessor(int processor) {
    if (processor < 0 || processor >= CPU_SETSIZE) return;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<std::size_t>(processor), &only);
    moved_ = ::sched_getaffinity(0, sizeof before_, &before_) == 0 &&
             ::sched_setaffinity(0, sizeof only, &only) == 0;
  }
  OnProcessor(const OnProcessor&) = delete;
  OnProcessor& operator=(const OnProcessor&) = delete;
  bool moved() const { return moved_; }
  ~OnProcessor() {
    if (moved_) ::sched_setaffinity(0, sizeof before_, &before_);
  }

 private:
  cpu_set_t before_{};
  bool moved_ = false;
};

// Now, in the scheduler's time: when we were last on that processor, right after we gave way, which
// has that written down; else it would be up to a timer tick old. Every processor has a clock of
// its own, which leaves out the time that interrupts and other guests of the machine took there:
// they differ by seconds and more.
std::optional<Duration> SchedulerNow(int processor) {
  const OnProcessor there(processor);
  if (!there.moved()) return std::nullopt;
  ::sched_yield();
  return ReadExecStart(::getpid(), static_cast<pid_t>(::syscall(SYS_gettid)));
}

std::optional<Duration> AsleepFor(pid_t pid, pid_t tid) {
  const auto then = ReadExecStart(pid, tid);
  if (!then) return std::nullopt;
  const auto stat = ReadThreadStat(pid, tid);
  const auto now = stat ? SchedulerNow(stat->processor) : std::nullopt;
  // Awake in between, it has not slept for the time that was measured, and may have moved.
  if (!now || ReadExecStart(pid, tid) != then) return std::nullopt;
  return std::max(Duration{0}, *now - *then);
}

std::string NameOfCall(pid_t pid, pid_t tid, std::int64_t number) {
  std::string name = SystemCallName(OwnMachine(), number);
  if (name != "restart_syscall") return name;
  const auto wchan = ReadProcFile(pid, fmt::format("task/{}/wchan", tid), kNameLimit);
  const std::string_view first = wchan ? RestartedCall(*wchan) : std::string_view();
  return first.empty() ? name : std::string(first);
}

bool Sleeps(char state) { return state == 'S' || state == 'D'; }

}  // namespace

std::optional<Duration> ParseExecStart(std::string_view text) {
  while (auto line = TakeLine(text)) {
    // "se.exec_start                :      51892889.794841": milliseconds and nanoseconds of them
    if (TakeWord(*line) != "se.exec_start" || TakeWord(*line) != ":") continue;
    const std::string_view number = TakeWord(*line);
    const std::size_t point = number.find('.');
    if (point == std::string_view::npos) return std::nullopt;
    const auto whole = WholeNumber<std::int64_t>(number.substr(0, point));
    const auto rest = WholeNumber<std::int64_t>(number.substr(point + 1));
    constexpr std::int64_t kMaxMilliseconds = std::int64_t{1} << 42;  // 139 years
    if (!whole || !rest || number.size() - point - 1 != 6 || *whole < 0 || *rest < 0 ||
        *whole > kMaxMilliseconds) {
      return std::nullopt;
    }
    // Zero: it has moved to another processor and did not run since.
    if (*whole == 0 && *rest == 0) return std::nullopt;
    return std::chrono::milliseconds(*whole) + std::chrono::nanoseconds(*rest);
  }
  return std::nullopt;
}

Result<std::string> ReadThreadName(pid_t pid, pid_t tid) {
  auto name = ReadProcFile(pid, fmt::format("task/{}/comm", tid), kNameLimit);
  if (name && name->ends_with('\n')) name->pop_back();
  return name;
}

Result<ThreadFacts> ReadThreadFacts(pid_t pid, pid_t tid) {
  ThreadFacts facts;
  facts.tid = tid;
  const auto stat = ReadThreadStat(pid, tid);
  if (!stat) return stat.error();
  facts.state = stat->state;
  auto name = ReadThreadName(pid, tid);
  if (!name) return name.error();
  facts.name = std::move(*name);
  if (const auto reader = ThreadActivityReader::Open(pid, tid)) {
    if (const auto activity = reader->Read()) facts.activity = *activity;
  }
  facts.system_call = NameOfCall(pid, tid, facts.activity.system_call);
  if (Sleeps(facts.state)) facts.asleep_for = AsleepFor(pid, tid);
  return facts;
}

}  // namespace osprey
