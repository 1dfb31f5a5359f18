// What native_pairs.py calls: functions that take a given processor time, and call back.
#include <ctime>

namespace {

double Now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e6 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_nsec);
}

}  // namespace

using Callback = void (*)(int);

// The assembly keeps the calls from being made in place, or as jumps.
#define OSPREY_VISIBLE extern "C" __attribute__((noinline, visibility("default")))

// Until `microseconds` of the thread's processor time have gone by.
OSPREY_VISIBLE void native_spin(int microseconds) {
  for (const double end = Now() + microseconds; Now() < end;) {
    for (int i = 0; i < 1000; ++i) asm volatile("");
  }
  asm volatile("");
}

OSPREY_VISIBLE void native_a(int microseconds) {
  native_spin(microseconds);
  asm volatile("");
}

OSPREY_VISIBLE void native_b(int microseconds) {
  native_spin(microseconds);
  asm volatile("");
}

// Spins, calls back, and spins again.
OSPREY_VISIBLE void native_c(int microseconds, Callback callback, int argument) {
  native_spin(microseconds / 2);
  callback(argument);
  native_spin(microseconds / 2);
  asm volatile("");
}

OSPREY_VISIBLE void native_d(int microseconds, Callback callback, int argument) {
  callback(argument);
  native_spin(microseconds);
  asm volatile("");
}
