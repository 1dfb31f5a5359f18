// Stacks of threads that wait, by what the kernel says without stopping them, against those that a
// stop shows.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "osprey/native/stack_copy.h"
#include "osprey/native/unwinder.h"
#include "osprey/target/live_memory.h"
#include "osprey/target/memory_map.h"
#include "osprey/target/thread_activity.h"
#include "osprey/target/thread_stopper.h"
#include "target/processes.h"

namespace osprey {
namespace {

constexpr std::size_t kStack = 65536;

struct Walked {
  UnwindEnd end = UnwindEnd::kOutermost;
  std::vector<NativeFrame> frames;
};

// Of a child that waits in `call`: as it is seen without a stop and with one.
std::array<Walked, 2> Walk(const std::function<void()>& call) {
  const Child child = Fork(call);
  const pid_t pid = child.pid();
  const auto reader = ThreadActivityReader::Open(pid, pid);
  EXPECT_TRUE(reader);
  std::optional<Registers> blocked;
  // Asleep twice in the same place: the call that is meant, and not one on the way to it.
  EXPECT_TRUE(WaitUntil([&] {
    const auto once = reader->Read();
    ::usleep(1000);
    const auto again = reader->Read();
    if (!once || !again || once->stack_pointer != again->stack_pointer) return false;
    return (blocked = BlockedRegisters(*again)).has_value();
  }));
  const LiveMemory memory(pid);
  const auto map = MemoryMap::Read(pid);
  UnwindTables tables;
  tables.Update(memory, *map);
  auto unwinder = Unwinder::Make(Machine::kX64, tables);
  std::array<Walked, 2> walked;
  StackCopy stack(memory);
  EXPECT_TRUE(stack.Take(blocked->stack_pointer, kStack));
  walked[0].end = unwinder->Walk(*blocked, stack, walked[0].frames);
  ThreadStopper stopper;
  // Within the stop: a few calls end with it.
  EXPECT_TRUE(stopper.Stop(
      pid, pid,
      [&](const Registers& registers) {
        EXPECT_TRUE(stack.Take(registers.stack_pointer, kStack));
        walked[1].end = unwinder->Walk(registers, stack, walked[1].frames);
      },
      std::chrono::seconds(20)));
  return walked;
}

bool AreEqual(const std::vector<NativeFrame>& left, const std::vector<NativeFrame>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const NativeFrame& a, const NativeFrame& b) {
                      return a.address == b.address && a.stack_pointer == b.stack_pointer;
                    });
}

struct Call {
  const char* name;
  std::function<void()> make;
};

std::vector<Call> Calls() {
  return {{"pause", [] { ::pause(); }},
          {"sleep", [] { ::sleep(1000); }},
          {"condition",
           [] {
             static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
             static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
             ::pthread_mutex_lock(&mutex);
             ::pthread_cond_wait(&condition, &mutex);
           }},
          {"epoll",
           [] {
             epoll_event event;
             ::epoll_wait(::epoll_create1(EPOLL_CLOEXEC), &event, 1, -1);
           }},
          {"poll", [] { ::poll(nullptr, 0, -1); }},
          {"recv", [] {
             int sockets[2];
             char byte;
             if (::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0) {
               ::recv(sockets[0], &byte, 1, 0);
             }
           }}};
}

class BlockedThreads : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/proc/self/syscall")) {
      GTEST_SKIP() << "this kernel has no /proc/PID/syscall";
    }
  }
};

TEST_F(BlockedThreads, AreWalkedAsFarAsItIsSure) {
  for (const Call& call : Calls()) {
    SCOPED_TRACE(call.name);
    auto [without, with] = Walk(call.make);
    EXPECT_EQ(with.end, UnwindEnd::kOutermost);
    // Code that keeps a frame pointer (with sanitizers, or in debug builds) may end the walk.
    if (without.end != UnwindEnd::kOutermost) {
      EXPECT_EQ(without.end, UnwindEnd::kUnreadable) << UnwindEndText(without.end);
      ASSERT_LE(without.frames.size(), with.frames.size());
      with.frames.erase(with.frames.begin() + static_cast<std::ptrdiff_t>(without.frames.size()),
                        with.frames.end());
    }
    EXPECT_TRUE(AreEqual(without.frames, with.frames));
    std::printf("%s: %zu frames, %s\n", call.name, without.frames.size(),
                UnwindEndText(without.end));
  }
}

// As with -fno-omit-frame-pointer: no other way leads out of it. The call is made here, for what a
// sanitizer puts in the place of pause(2) saves the register.
TEST_F(BlockedThreads, EndWhereAFramePointerIsNeeded) {
  const auto [without, with] = Walk([] {
    auto* room = static_cast<volatile char*>(
        __builtin_alloca(static_cast<std::size_t>(::getpid()) % 64 + 64));
    room[0] = 1;
    std::int64_t number = SYS_pause;
    asm volatile("syscall" : "+a"(number) : : "rcx", "r11", "memory");
    room[0] = 2;
  });
  EXPECT_EQ(with.end, UnwindEnd::kOutermost);
  EXPECT_EQ(without.end, UnwindEnd::kUnreadable);
  EXPECT_LT(without.frames.size(), with.frames.size());
  EXPECT_GE(without.frames.size(), 1U);
}

}  // namespace
}  // namespace osprey
