#include "osprey/target/scoped_pause.h"

#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <map>
#include <optional>
#include <semaphore>
#include <set>
#include <thread>

#include "target/proc_file.h"
#include "target/proc_stat.h"
#include "target/process_errors.h"
#include "target/ptrace_calls.h"
#include "target/quiet_thread.h"

namespace osprey {
namespace {

// Every other thread stops as soon as it gets a processor, which takes its turn on a busy machine.
constexpr Duration kStopBound = std::chrono::seconds(1);
// The kernel lets go of what is left when the tracing thread ends: a matter of microseconds.
constexpr Duration kEndBound = std::chrono::milliseconds(100);
constexpr Duration kLookAgain = std::chrono::microseconds(20);

}  // namespace

// Whoever traces is a thread, not a process (ptrace(2)), and so this has one of its own: it need
// not be the thread that reads the target. What cannot be detached at once, since it has not
// stopped yet or has ended meanwhile, the kernel detaches when that thread ends, and the same holds
// for all when Osprey is killed. Stops are looked at without being taken (WNOWAIT): a signal that
// was about to be delivered stays with the tracee even then.
class ScopedPause::Tracer {
 public:
  Tracer(pid_t pid, Sleepers sleepers, std::span<const pid_t> restless)
      : pid_(pid), sleepers_(sleepers), restless_(restless.begin(), restless.end()) {}
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  ~Tracer() {
    try {
      Finish();
    } catch (const std::exception&) {
      // No memory is left to see whether the kernel has let go: it has, or does so in a moment.
    }
  }

  Result<void> Start();
  void Finish();

  Duration Stopped() const {
    if (!seized_) return Duration(0);
    return (thread_.joinable() ? Clock::now() : end_) - *seized_;
  }
  enum class State { kPending, kStopped, kAsleep, kMissed, kEnded };
  std::size_t Count(State state) const;
  std::vector<pid_t> Woken() const;
  std::optional<Registers> ReadRegisters(pid_t tid);

 private:
  struct Thread {
    State state = State::kEnded;
    int signal = 0;              // that it was to be given when it stopped
    std::uint64_t switches = 0;  // of one that is asleep
  };

  void Run();
  Result<void> StopAll();
  // Takes one more thread, which counts as ended: leaves it asleep, or seizes it.
  Result<void> Take(pid_t tid, Thread& thread);
  // Traces it and tells it to stop.
  Result<void> Seize(pid_t tid, Thread& thread);
  bool HasSleptOn(pid_t tid, const Thread& thread) const;
  // Seizes those that have woken up since they were left asleep; true where there were any.
  Result<bool> SeizeWoken();
  void WaitForStops();
  // Looks at what has become of one; true when that is known.
  static bool Look(pid_t tid, Thread& thread);
  // Gives up those that will not stop soon.
  void GiveUp(bool all);
  bool HasPending() const;
  void LetGo();

  pid_t pid_;
  Sleepers sleepers_;
  std::set<pid_t> restless_;
  pid_t tracer_ = 0;
  std::map<pid_t, Thread> threads_;
  std::vector<pid_t> left_;          // that were not detached one by one
  std::optional<TimePoint> seized_;  // when the first one was
  TimePoint end_;
  std::thread thread_;
  Result<void> result_;  // of StopAll
  std::binary_semaphore done_{0};
  std::binary_semaphore go_{0};
  pid_t asked_ = 0;  // whose registers are wanted; 0: that all go on
  std::optional<Registers> told_;
};

Result<void> ScopedPause::Tracer::Start() {
  auto thread = StartQuietThread([this] { Run(); });
  if (!thread) return thread.error();
  thread_ = std::move(*thread);
  done_.acquire();
  return result_;
}

void ScopedPause::Tracer::Run() {
  tracer_ = static_cast<pid_t>(::syscall(SYS_gettid));
  result_ = StopAll();
  if (!result_) LetGo();
  const bool stopped = result_.has_value();
  done_.release();
  if (!stopped) return;
  while (true) {
    go_.acquire();
    if (asked_ == 0) break;
    told_.emplace();
    if (!ReadStoppedRegisters(pid_, asked_, *told_)) told_.reset();
    asked_ = 0;
    done_.release();
  }
  LetGo();
}

std::optional<Registers> ScopedPause::Tracer::ReadRegisters(pid_t tid) {
  const auto thread = threads_.find(tid);
  const bool stands = thread != threads_.end() && thread->second.state == State::kStopped;
  if (!stands || !thread_.joinable()) return std::nullopt;
  asked_ = tid;
  go_.release();
  done_.acquire();
  return told_;
}

void ScopedPause::Tracer::Finish() {
  if (!thread_.joinable()) return;
  go_.release();
  thread_.join();
  // A thread counts as joined shortly before the kernel lets go of what it traced.
  for (const pid_t tid : left_) {
    const TimePoint deadline = Clock::now() + kEndBound;
    while (Clock::now() < deadline) {
      const auto status = ReadThreadStatus(pid_, tid);
      if (!status || status->tracer != tracer_) break;
      std::this_thread::sleep_for(kLookAgain);
    }
  }
}

std::size_t ScopedPause::Tracer::Count(State state) const {
  return static_cast<std::size_t>(
      std::count_if(threads_.begin(), threads_.end(),
                    [state](const auto& each) { return each.second.state == state; }));
}

std::vector<pid_t> ScopedPause::Tracer::Woken() const {
  std::vector<pid_t> woken;
  for (const auto& [tid, thread] : threads_) {
    if (thread.state == State::kAsleep && !HasSleptOn(tid, thread)) woken.push_back(tid);
  }
  for (const pid_t tid : ReadTaskIds(pid_)) {
    if (threads_.count(tid) == 0) woken.push_back(tid);
  }
  return woken;
}

bool ScopedPause::Tracer::HasSleptOn(pid_t tid, const Thread& thread) const {
  const auto status = ReadThreadStatus(pid_, tid);
  return status && status->rests() && *status->switches == thread.switches;
}

Result<void> ScopedPause::Tracer::StopAll() {
  const TimePoint deadline = Clock::now() + kStopBound;
  // A thread that has not stopped yet may make others, so that one look is not enough. Once a whole
  // list, made after all have stopped, shows nobody new, there is nobody who could make one.
  for (bool is_whole = false; !is_whole && Clock::now() < deadline;) {
    const auto stat = ReadProcessStat(pid_);
    const std::vector<pid_t> ids = ReadTaskIds(pid_);
    is_whole = !stat || ids.size() >= stat->threads;
    for (const pid_t tid : ids) {
      const auto [known, is_new] = threads_.try_emplace(tid, Thread{State::kEnded});
      if (known->second.state != State::kEnded) continue;
      // One that has ended is asked again: its id may be another's by now.
      if (auto taken = Take(tid, known->second); !taken) return taken;
      if (is_new || known->second.state == State::kPending) is_whole = false;
    }
    WaitForStops();
    if (!is_whole) continue;
    // Those that ran when the others were seen asleep may have woken them before they stopped.
    const auto woken = SeizeWoken();
    if (!woken) return woken.error();
    if (*woken) {
      is_whole = false;
      WaitForStops();
    }
  }
  if (Count(State::kEnded) < threads_.size()) return {};
  return ReadProcessStat(pid_) ? HasEnded(pid_) : NoSuchProcess(pid_);
}

Result<void> ScopedPause::Tracer::Take(pid_t tid, Thread& thread) {
  if (sleepers_ == Sleepers::kWatch && restless_.count(tid) == 0) {
    const auto status = ReadThreadStatus(pid_, tid);
    if (status && status->rests()) {
      thread = Thread{State::kAsleep, 0, *status->switches};
      return {};
    }
  }
  return Seize(tid, thread);
}

Result<bool> ScopedPause::Tracer::SeizeWoken() {
  bool any = false;
  for (auto& [tid, thread] : threads_) {
    if (thread.state != State::kAsleep || HasSleptOn(tid, thread)) continue;
    any = true;
    thread.state = State::kEnded;
    if (auto seized = Seize(tid, thread); !seized) return seized.error();
  }
  return any;
}

Result<void> ScopedPause::Tracer::Seize(pid_t tid, Thread& thread) {
  if (!seized_) seized_ = Clock::now();
  if (!Ptrace(PTRACE_SEIZE, tid, 0)) {
    return errno == EPERM ? StopRefusal(pid_, tid) : Result<void>();  // else it has ended
  }
  thread = Thread{State::kPending};
  if (!Ptrace(PTRACE_INTERRUPT, tid, 0)) thread.state = State::kEnded;
  return {};
}

bool ScopedPause::Tracer::Look(pid_t tid, Thread& thread) {
  siginfo_t info{};
  const int flags = WSTOPPED | WEXITED | WNOHANG | WNOWAIT | __WALL;
  if (::waitid(P_PID, static_cast<id_t>(tid), &info, flags) != 0) {
    if (errno != EINTR) thread.state = State::kEnded;  // ECHILD: it is gone
  } else if (info.si_pid == 0) {
    return false;
  } else if (info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED) {
    thread.state = State::kStopped;
    // Above the low byte stands the event: PTRACE_EVENT_STOP is our own doing, or that of a
    // SIGSTOP that the thread is back in when it is let go. Without one the signal is on its way.
    if (info.si_status >> 8 == 0) thread.signal = info.si_status;
  } else {
    thread.state = State::kEnded;
  }
  return thread.state != State::kPending;
}

void ScopedPause::Tracer::WaitForStops() {
  const TimePoint begin = Clock::now();
  bool gave_up = false;
  while (true) {
    for (auto& [tid, thread] : threads_) {
      if (thread.state == State::kPending) Look(tid, thread);
    }
    if (Count(State::kPending) == 0) return;
    const Duration waited = Clock::now() - begin;
    if (waited > kStopBound) return GiveUp(true);
    if (waited > kUninterruptibleBound) {
      if (gave_up) std::this_thread::sleep_for(kUninterruptibleBound / 10);
      GiveUp(false);
      gave_up = true;
    } else {
      std::this_thread::sleep_for(kLookAgain);
    }
  }
}

void ScopedPause::Tracer::GiveUp(bool all) {
  for (auto& [tid, thread] : threads_) {
    if (thread.state != State::kPending) continue;
    const auto stat = ReadThreadStat(pid_, tid);
    if (!stat || stat->has_ended()) {
      thread.state = State::kEnded;
    } else if (all || stat->state == 'D') {
      thread.state = State::kMissed;
    }
  }
}

void ScopedPause::Tracer::LetGo() {
  for (auto& [tid, thread] : threads_) {
    if (thread.state == State::kAsleep) continue;
    const bool detached = thread.state == State::kStopped &&
                          Ptrace(PTRACE_DETACH, tid, static_cast<std::uintptr_t>(thread.signal));
    if (!detached) left_.push_back(tid);
  }
  end_ = Clock::now();
}

ScopedPause::ScopedPause(std::unique_ptr<Tracer> tracer) : tracer_(std::move(tracer)) {}
ScopedPause::ScopedPause(ScopedPause&&) noexcept = default;
ScopedPause& ScopedPause::operator=(ScopedPause&&) noexcept = default;
ScopedPause::~ScopedPause() = default;

Result<ScopedPause> ScopedPause::Stop(pid_t pid, Sleepers sleepers,
                                      std::span<const pid_t> restless) {
  if (pid <= 0) return NoSuchProcess(pid);
  const auto status = ReadProcessStatus(pid);
  if (!status) return status.error();
  if (status->leader == ::getpid()) return IsOspreyItself(pid);
  // Any thread of a process names it.
  auto tracer = std::make_unique<Tracer>(status->leader, sleepers, restless);
  if (auto started = tracer->Start(); !started) return started.error();
  return ScopedPause(std::move(tracer));
}

void ScopedPause::Resume() { tracer_->Finish(); }
std::optional<Registers> ScopedPause::ReadRegisters(pid_t tid) const {
  return tracer_->ReadRegisters(tid);
}
Duration ScopedPause::Stopped() const { return tracer_->Stopped(); }
std::vector<pid_t> ScopedPause::Woken() const { return tracer_->Woken(); }

std::size_t ScopedPause::stopped_threads() const { return tracer_->Count(Tracer::State::kStopped); }

std::size_t ScopedPause::sleeping_threads() const { return tracer_->Count(Tracer::State::kAsleep); }

std::size_t ScopedPause::missed_threads() const { return tracer_->Count(Tracer::State::kMissed); }

}  // namespace osprey
