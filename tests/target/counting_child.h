// Children that count what they do where the test can see it, and what the kernel says of them.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>

#include "osprey/target/registers.h"
#include "target/processes.h"

namespace osprey {

// Under the thread sanitizer a child is not what it seems: signals wait until it makes a call, and
// one of a kind stands for many; vfork(2) is fork(2).
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kHasOddChildren = true;
#else
inline constexpr bool kHasOddChildren = false;
#endif

// What a child and its test both see.
template <typename T>
class Shared {
 public:
  Shared()
      : at_(static_cast<T*>(::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    EXPECT_NE(static_cast<void*>(at_), MAP_FAILED);
    new (at_) T();
  }
  ~Shared() { ::munmap(at_, sizeof(T)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  T* operator->() const { return at_; }
  T& operator*() const { return *at_; }

 private:
  T* at_;
};

struct Counters {
  std::atomic<std::uint64_t> turns{0};
  std::atomic<std::uint64_t> born{0};
  std::atomic<std::uint64_t> signals{0};
  std::atomic<int> ready{0};
};

// A child with `count` threads that count turns for ever.
Child ForkCounting(Counters& counters, int count);
// A child with one, which counts the SIGRTMIN that it gets as well.
Child ForkCountingSignals(Counters& counters);

// Runs for ever in one place with values in its registers that the test knows.
void SpinWithKnownRegisters();
// Whether these are those of a child that does.
bool AreTheKnown(const Registers& registers);

// As in proc_pid_stat(5); '?' when it is gone.
char StateOf(pid_t pid);
// The states of all threads, as a text of one letter each.
std::string States(pid_t pid);
bool IsTraced(pid_t pid);

// How many there are: the thread sanitizer adds one of its own to every process.
std::size_t ThreadsOf(pid_t pid);
std::string AllStopped(pid_t pid);

// Whether a signal has stopped all of it.
bool IsStopped(pid_t pid);

// Nobody is left as a stopped thread; those that have ended may still be seen for a moment.
void ExpectGoesOn(pid_t pid);

}  // namespace osprey
