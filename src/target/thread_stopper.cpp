#include "osprey/target/thread_stopper.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "osprey/target/short_slice.h"
#include "target/process_errors.h"
#include "target/quiet_thread.h"
#include "target/thread_tracer.h"

namespace osprey {

// Blocks in waitid(2) until the thread stands, which has the least latency and no bound: the bound
// is that of the caller's patience.
class ThreadStopper::Helper {
 public:
  static Result<std::shared_ptr<Helper>> Start() {
    auto helper = std::make_shared<Helper>();
    auto thread = StartQuietThread([helper] { helper->Run(); });
    if (!thread) return thread.error();
    helper->thread_ = std::move(*thread);
    return helper;
  }

  struct Answer {
    Result<Duration> stopped = Duration(0);
    std::exception_ptr thrown;  // by the look
  };
  // None when it has been given up, and goes on alone.
  std::optional<Answer> Ask(pid_t pid, pid_t tid, const Look& look, Duration patience);
  // Has given up or has answered, and ends; afterwards it traces nobody.
  bool HasEnded() {
    const std::lock_guard lock(mutex_);
    return has_ended_;
  }
  // When it has answered: ends it.
  void End();

 private:
  enum class Phase { kIdle, kAsked, kLooking, kAnswered, kGivenUp, kOver };

  void Run();
  Answer StopAndLook(pid_t pid, pid_t tid);

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  Phase phase_ = Phase::kIdle;
  bool has_ended_ = false;
  pid_t pid_ = 0;
  pid_t tid_ = 0;
  const Look* look_ = nullptr;  // to be called only once the phase is kLooking
  Answer answer_;

  // Of its thread alone.
  ThreadTracer tracer_;
  Registers registers_;

  std::thread thread_;  // of the asking thread alone
};

std::optional<ThreadStopper::Helper::Answer> ThreadStopper::Helper::Ask(pid_t pid, pid_t tid,
                                                                        const Look& look,
                                                                        Duration patience) {
  std::unique_lock lock(mutex_);
  pid_ = pid;
  tid_ = tid;
  look_ = &look;
  phase_ = Phase::kAsked;
  changed_.notify_one();
  const auto is_answered = [this] { return phase_ == Phase::kAnswered; };
  if (!changed_.wait_for(lock, patience, is_answered)) {
    if (phase_ == Phase::kAsked) {
      phase_ = Phase::kGivenUp;
      thread_.detach();
      return std::nullopt;
    }
    changed_.wait(lock, is_answered);  // as long as the look takes
  }
  return std::exchange(answer_, {});
}

void ThreadStopper::Helper::End() {
  {
    const std::lock_guard lock(mutex_);
    phase_ = Phase::kOver;
    changed_.notify_one();
  }
  thread_.join();
}

void ThreadStopper::Helper::Run() {
  // Who waits for a turn to tell a thread to stop, or to let it go, lengthens the stop.
  static_cast<void>(AskForShortSlices());
  std::unique_lock lock(mutex_);
  while (!has_ended_) {
    changed_.wait(lock, [this] { return phase_ != Phase::kIdle && phase_ != Phase::kAnswered; });
    if (phase_ == Phase::kOver) return;
    if (phase_ == Phase::kGivenUp) {  // before this thread had a processor to begin
      has_ended_ = true;
      return;
    }
    const pid_t pid = pid_;
    const pid_t tid = tid_;
    lock.unlock();
    auto answer = StopAndLook(pid, tid);
    lock.lock();
    has_ended_ = phase_ == Phase::kGivenUp || tracer_.MustEnd();
    answer_ = std::move(answer);
    phase_ = Phase::kAnswered;
    changed_.notify_one();
  }
}

ThreadStopper::Helper::Answer ThreadStopper::Helper::StopAndLook(pid_t pid, pid_t tid) {
  Answer answer;
  if (auto stopped = tracer_.Stop(pid, tid); !stopped) {
    answer.stopped = stopped.error();
    return answer;
  }
  const auto read = tracer_.ReadRegisters(registers_);
  const Look* look = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (read && phase_ == Phase::kAsked) {
      phase_ = Phase::kLooking;
      look = look_;
    }
  }
  try {
    if (look != nullptr) (*look)(registers_);
  } catch (...) {
    answer.thrown = std::current_exception();
  }
  tracer_.Resume();
  answer.stopped = read ? Result<Duration>(tracer_.Stopped()) : read.error();
  return answer;
}

ThreadStopper::ThreadStopper() = default;
ThreadStopper::ThreadStopper(ThreadStopper&& other) noexcept = default;
ThreadStopper& ThreadStopper::operator=(ThreadStopper&& other) noexcept {
  // What this had ends with the other.
  std::swap(helper_, other.helper_);
  std::swap(given_up_, other.given_up_);
  return *this;
}
ThreadStopper::~ThreadStopper() {
  if (helper_) helper_->End();
}

bool ThreadStopper::IsGivenUp(pid_t tid) {
  std::erase_if(given_up_, [](const GivenUp& each) { return each.helper->HasEnded(); });
  return std::any_of(given_up_.begin(), given_up_.end(),
                     [tid](const GivenUp& each) { return each.tid == tid; });
}

Result<Duration> ThreadStopper::Stop(pid_t pid, pid_t tid, const Look& look, Duration patience) {
  const Error late{ErrorCode::kTimeout, 0, Address{},
                   fmt::format("thread {} of process {} did not stop in time", tid, pid)};
  if (pid <= 0 || tid <= 0) return NoSuchProcess(pid);
  if (IsGivenUp(tid)) return late;
  if (!helper_) {
    auto started = Helper::Start();
    if (!started) return started.error();
    helper_ = std::move(*started);
  }
  auto answer = helper_->Ask(pid, tid, look, patience);
  if (!answer) {
    given_up_.push_back({tid, std::exchange(helper_, nullptr)});
    return late;
  }
  if (helper_->HasEnded()) std::exchange(helper_, nullptr)->End();
  if (answer->thrown) std::rethrow_exception(answer->thrown);
  return answer->stopped;
}

}  // namespace osprey
