// C functions that a Python program calls by ctypes: each takes the time that it is told.
#include <chrono>
#include <cstdint>
#include <thread>

namespace {

volatile std::uint64_t work;

void SpinFor(int microseconds) {
  using Clock = std::chrono::steady_clock;
  for (const auto end = Clock::now() + std::chrono::microseconds(microseconds);
       Clock::now() < end;) {
    for (int i = 0; i < 500; ++i) work = work + 1;
  }
}

}  // namespace

extern "C" {

[[gnu::noinline]] void native_a(int microseconds) {
  SpinFor(microseconds);
  work = work + 1;
}
[[gnu::noinline]] void native_b(int microseconds) {
  SpinFor(microseconds);
  work = work + 1;
}
// A thread of its own works, and calls back in between.
void native_thread(void (*callback)(), int times) {
  std::thread([=] {
    for (int i = 0; i < times; ++i) {
      SpinFor(50000);
      callback();
    }
    SpinFor(50000);
  }).join();
}
[[gnu::noinline]] void native_calls_back(void (*callback)()) {
  callback();
  work = work + 1;
}
}
