// Works with 540 KiB of its stack in use, as kernels of linear algebra do: as a program, and as a
// library for Python.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace {

volatile std::uint64_t work;

[[gnu::noinline]] void NeedsRoom(int milliseconds) {
  volatile std::uint8_t room[540 << 10];
  for (std::size_t i = 0; i < sizeof room; ++i) room[i] = 1;
  using Clock = std::chrono::steady_clock;
  for (const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
       Clock::now() < end;) {
    for (std::size_t i = 0; i < 500; ++i) work = work + room[i];
  }
}

}  // namespace

extern "C" [[gnu::noinline]] void native_leads_there(int milliseconds) {
  NeedsRoom(milliseconds);
  work = work + 1;
}

// For half a minute.
int main() {
  std::puts("ready");
  std::fflush(stdout);
  for (int i = 0; i < 1500; ++i) native_leads_there(20);
}
