// A function whose unlikely code the compiler puts elsewhere; split_function_test.cpp looks for it.
extern "C" void osprey_cold(int) __attribute__((cold, noinline));
extern "C" void osprey_cold(int n) { asm volatile("" ::"r"(n)); }

extern "C" int osprey_split(const volatile int* values) {
  int total = 0;
#define ROUND(n)                               \
  if (__builtin_expect(values[n] < 0, 0)) {    \
    osprey_cold(values[n] + n);                \
    osprey_cold(values[n] * n);                \
    if (values[n] == -n) return values[n + 1]; \
  }                                            \
  total += values[n];
  ROUND(1)
  ROUND(2)
  ROUND(3)
  ROUND(4)
  ROUND(5)
  ROUND(6)
  ROUND(7)
  ROUND(8)
#undef ROUND
  return total;
}
