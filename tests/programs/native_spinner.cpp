// Functions that take known shares of the processor time, in two threads of known names. argv[1]:
// seconds, or "loop" for as long as its parent lives. Says "ready" first.
#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;
volatile std::uint64_t work;

// About a millisecond for each part; exactly that much work, however often somebody else runs
// meanwhile.
void Work(int parts) {
  for (int i = 0; i < parts * 500000; ++i) work = work + 1;
}

}  // namespace

// Not inlined, and not in a namespace, so that their names are what they look like.
[[gnu::noinline]] void spends_three() {
  Work(3);
  work = work + 1;
}
[[gnu::noinline]] void spends_one() {
  Work(1);
  work = work + 1;
}
[[gnu::noinline]] void main_work() {
  spends_three();
  spends_one();
  work = work + 1;  // else the last call would be a jump
}
[[gnu::noinline]] void waits_for_ever() {
  while (true) ::pause();
}

int main(int argc, char** argv) {
  std::thread waiter([] {
    ::pthread_setname_np(::pthread_self(), "waiter");
    waits_for_ever();
  });
  waiter.detach();
  std::puts("ready");
  std::fflush(stdout);
  const bool loops = argc < 2 || std::strcmp(argv[1], "loop") == 0;
  const pid_t parent = ::getppid();
  const auto end =
      Clock::now() + std::chrono::milliseconds(loops ? 3600000 : std::atoi(argv[1]) * 1000);
  while (Clock::now() < end && (!loops || ::getppid() == parent)) main_work();
  std::_Exit(3);
}
