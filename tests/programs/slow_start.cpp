// Preloaded: says "ready" and works for half a second before the program begins.
#include <unistd.h>

#include <chrono>
#include <cstdint>

extern "C" [[gnu::constructor]] void works_before_main() {
  if (::write(STDOUT_FILENO, "ready\n", 6) != 6) return;
  volatile std::uint64_t work = 0;
  using Clock = std::chrono::steady_clock;
  for (const auto end = Clock::now() + std::chrono::milliseconds(500); Clock::now() < end;) {
    for (int i = 0; i < 500; ++i) work = work + 1;
  }
}
