// What becomes of the system calls that a ScopedPause finds its target in.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "osprey/target/scoped_pause.h"
#include "osprey/target/thread_activity.h"
#include "target/processes.h"

namespace osprey {
namespace {

constexpr long kMilliseconds = 400;  // long enough to be found waiting on a busy machine

struct Outcome {
  long result = 0;
  int number = 0;         // errno where the result is -1
  std::int64_t took = 0;  // milliseconds
};

timespec Timeout() { return {0, kMilliseconds * 1000000}; }

Outcome Ask(const std::function<long()>& call) {
  const auto begin = std::chrono::steady_clock::now();
  errno = 0;
  Outcome outcome;
  outcome.result = call();
  outcome.number = outcome.result == -1 ? errno : 0;
  outcome.took = std::chrono::duration_cast<std::chrono::milliseconds>(
                     std::chrono::steady_clock::now() - begin)
                     .count();
  return outcome;
}

// Runs `call` in a child, stops that while it waits in it, and gives what the call has returned.
Outcome Interrupted(const std::function<long()>& call) {
  const Pipe pipe;
  const Child child = Fork([&] {
    const Outcome outcome = Ask(call);
    [[maybe_unused]] const ssize_t wrote = ::write(pipe.write_end.get(), &outcome, sizeof outcome);
  });
  const auto reader = ThreadActivityReader::Open(child.pid(), child.pid());
  EXPECT_TRUE(reader);
  EXPECT_TRUE(WaitUntil([&] {
    const auto activity = reader->Read();
    return !activity || activity->system_call >= 0;
  }));
  for (int turn = 0; turn < 3; ++turn) {
    const auto pause = ScopedPause::Stop(child.pid());
    // After the first one the call may have failed, and the child be at its end.
    const bool has_ended = turn > 0 && !pause && pause.error().code == ErrorCode::kNoSuchProcess;
    EXPECT_TRUE(pause || has_ended) << pause.error().Message();
  }
  Outcome outcome;
  EXPECT_EQ(::read(pipe.read_end.get(), &outcome, sizeof outcome),
            static_cast<ssize_t>(sizeof outcome));
  return outcome;
}

struct Call {
  const char* name;
  std::function<long()> make;
  long result;  // when its time is over
  int number;
};

TEST(CallsUnderAPause, GoOnWithWhatWasLeftOfTheirTime) {
  static int word = 0;
  const Pipe pipe;
  const std::vector<Call> calls = {
      {"nanosleep",
       [] {
         const timespec time = Timeout();
         return ::nanosleep(&time, nullptr);
       },
       0, 0},
      {"clock_nanosleep",
       [] {
         const timespec time = Timeout();
         return ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
       },
       0, 0},
      {"poll",
       [&] {
         pollfd fd{pipe.read_end.get(), POLLIN, 0};
         return ::poll(&fd, 1, kMilliseconds);
       },
       0, 0},
      {"ppoll",
       [&] {
         pollfd fd{pipe.read_end.get(), POLLIN, 0};
         const timespec time = Timeout();
         return ::ppoll(&fd, 1, &time, nullptr);
       },
       0, 0},
      {"select",
       [] {
         timeval time{0, kMilliseconds * 1000};
         return ::select(0, nullptr, nullptr, nullptr, &time);
       },
       0, 0},
      {"futex",
       [] {
         const timespec time = Timeout();
         return ::syscall(SYS_futex, &word, FUTEX_WAIT, 0, &time, nullptr, 0);
       },
       -1, ETIMEDOUT},
      {"futex by the clock",
       [] {
         timespec time;
         ::clock_gettime(CLOCK_MONOTONIC, &time);
         time.tv_nsec += kMilliseconds * 1000000;
         time.tv_sec += time.tv_nsec / 1000000000;
         time.tv_nsec %= 1000000000;
         return ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, &time, nullptr,
                          FUTEX_BITSET_MATCH_ANY);
       },
       -1, ETIMEDOUT},
  };
  for (const Call& call : calls) {
    SCOPED_TRACE(call.name);
    const Outcome outcome = Interrupted(call.make);
    EXPECT_EQ(outcome.result, call.result);
    EXPECT_EQ(outcome.number, call.number);
    EXPECT_GE(outcome.took, kMilliseconds - 1);
    // Begun anew, three pauses would have made it longer still; a busy machine may, too.
    EXPECT_LT(outcome.took, 20 * kMilliseconds);
  }
}

// signal(7) names these: they fail with EINTR after a stop, with or without a handler. A kernel
// that makes them again is as good.
TEST(CallsUnderAPause, AFewFailWithEintr) {
  int sockets[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
  const UniqueFd left(sockets[0]);
  const UniqueFd right(sockets[1]);
  const timeval time{0, kMilliseconds * 1000};
  ASSERT_EQ(::setsockopt(left.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time), 0);
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  const std::vector<Call> calls = {
      {"epoll_wait",
       [&] {
         epoll_event event;
         return ::epoll_wait(epoll.get(), &event, 1, kMilliseconds);
       },
       0, 0},
      {"sigtimedwait",
       [] {
         sigset_t set;
         ::sigemptyset(&set);
         ::sigaddset(&set, SIGRTMIN);
         const timespec timeout = Timeout();
         return ::sigtimedwait(&set, nullptr, &timeout);
       },
       -1, EAGAIN},
      {"semtimedop",
       [] {
         const int set = ::semget(IPC_PRIVATE, 1, 0600);
         sembuf take{0, -1, 0};
         const timespec timeout = Timeout();
         const long result = ::syscall(SYS_semtimedop, set, &take, 1, &timeout);
         const int number = errno;
         ::semctl(set, 0, IPC_RMID);
         errno = number;
         return result;
       },
       -1, EAGAIN},
      {"recv with a timeout",
       [&] {
         char byte;
         return ::recv(left.get(), &byte, 1, 0);
       },
       -1, EAGAIN},
  };
  for (const Call& call : calls) {
    SCOPED_TRACE(call.name);
    const Outcome outcome = Interrupted(call.make);
    const bool is_interrupted = outcome.result == -1 && outcome.number == EINTR;
    const bool is_over = outcome.result == call.result && outcome.number == call.number;
    EXPECT_TRUE(is_interrupted || is_over) << outcome.result << " " << outcome.number;
    RecordProperty(call.name, is_interrupted ? "EINTR" : "made again");
    std::printf("%s: %s\n", call.name, is_interrupted ? "EINTR" : "made again");
  }
}

// Those without a time go on until what they wait for is there.
TEST(CallsUnderAPause, EndlessOnesAreMadeAgain) {
  const Pipe pipe;
  int sockets[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
  const UniqueFd left(sockets[0]);
  const UniqueFd right(sockets[1]);
  const UniqueFd inotify(::inotify_init1(IN_CLOEXEC));
  const TempDir folder;
  ASSERT_GE(::inotify_add_watch(inotify.get(), folder.path().c_str(), IN_CREATE), 0);
  const std::string lock_path = folder.path() / "lock";
  const UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  char unused[512];  // the event that this file has come
  ASSERT_GT(::read(inotify.get(), unused, sizeof unused), 0);
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
  struct Endless {
    const char* name;
    std::function<long()> make;
    std::function<void()> end;
    long result;
  };
  const std::vector<Endless> calls = {
      {"read a pipe",
       [&] {
         char byte;
         return ::read(pipe.read_end.get(), &byte, 1);
       },
       [&] { ASSERT_EQ(::write(pipe.write_end.get(), "x", 1), 1); }, 1},
      {"recv",
       [&] {
         char byte;
         return ::recv(left.get(), &byte, 1, 0);
       },
       [&] { ASSERT_EQ(::write(right.get(), "x", 1), 1); }, 1},
      {"read inotify",
       [&] {
         char buffer[512];
         return ::read(inotify.get(), buffer, sizeof buffer) > 0 ? 1 : -1;
       },
       [&] {
         const UniqueFd made(
             ::open((folder.path() / "new").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
       },
       1},
      {"flock",
       [&] {
         const UniqueFd own(::open(lock_path.c_str(), O_RDWR | O_CLOEXEC));
         return ::flock(own.get(), LOCK_EX);
       },
       [&] { ASSERT_EQ(::flock(lock.get(), LOCK_UN), 0); }, 0},
  };
  for (const Endless& call : calls) {
    SCOPED_TRACE(call.name);
    const Pipe answer;
    const Child child = Fork([&] {
      const Outcome outcome = Ask(call.make);
      [[maybe_unused]] const ssize_t wrote =
          ::write(answer.write_end.get(), &outcome, sizeof outcome);
    });
    const auto reader = ThreadActivityReader::Open(child.pid(), child.pid());
    ASSERT_TRUE(reader);
    ASSERT_TRUE(WaitUntil([&] {
      const auto activity = reader->Read();
      return activity && activity->system_call >= 0;
    }));
    for (int turn = 0; turn < 3; ++turn) ASSERT_TRUE(ScopedPause::Stop(child.pid()));
    call.end();
    Outcome outcome;
    ASSERT_EQ(::read(answer.read_end.get(), &outcome, sizeof outcome),
              static_cast<ssize_t>(sizeof outcome));
    EXPECT_EQ(outcome.result, call.result);
    EXPECT_EQ(outcome.number, 0);
  }
}

}  // namespace
}  // namespace osprey
