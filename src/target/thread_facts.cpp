#include "osprey/target/thread_facts.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "target/proc_file.h"
#include "target/proc_stat.h"
#include "target/text_scan.h"

namespace osprey {
namespace {

constexpr std::size_t kNameLimit = 64;      // TASK_COMM_LEN is 16; a kernel thread's is longer
constexpr std::size_t kSchedLimit = 16384;  // some 50 lines of 60 bytes

std::optional<Duration> ReadExecStart(pid_t pid, pid_t tid) {
  const auto text = ReadProcFile(pid, fmt::format("task/{}/sched", tid), kSchedLimit);
  return text ? ParseExecStart(*text) : std::nullopt;
}

// Now, in the scheduler's time: when we were last on a processor, right after we gave way, which
// has that written down. Else it would be up to a timer tick old.
std::optional<Duration> SchedulerNow() {
  ::sched_yield();
  return ReadExecStart(::getpid(), static_cast<pid_t>(::syscall(SYS_gettid)));
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

Result<ThreadFacts> ReadThreadFacts(pid_t pid, pid_t tid) {
  ThreadFacts facts;
  facts.tid = tid;
  const auto stat = ReadThreadStat(pid, tid);
  if (!stat) return stat.error();
  facts.state = stat->state;
  auto name = ReadProcFile(pid, fmt::format("task/{}/comm", tid), kNameLimit);
  if (!name) return name.error();
  if (name->ends_with('\n')) name->pop_back();
  facts.name = std::move(*name);
  if (const auto reader = ThreadActivityReader::Open(pid, tid)) {
    if (const auto activity = reader->Read()) facts.activity = *activity;
  }
  if (!Sleeps(facts.state)) return facts;
  const auto then = ReadExecStart(pid, tid);
  const auto now = then ? SchedulerNow() : std::nullopt;
  // Awake in between, it has not slept for the time that was measured.
  const auto after = now ? ReadExecStart(pid, tid) : std::nullopt;
  if (after && *after == *then) facts.asleep_for = std::max(Duration{0}, *now - *then);
  return facts;
}

}  // namespace osprey
