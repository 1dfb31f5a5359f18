// What module_symbols_test.cpp asks the names of. Its line numbers are part of that test.
namespace shapes {

template <typename T>
[[gnu::always_inline]] inline T Square(volatile T* value) {
  return *value * *value;
}

}  // namespace shapes

extern "C" int osprey_plain(volatile int* value) { return *value + 1; }

namespace shapes {

[[gnu::noinline, gnu::used]] int Area(volatile int* side) { return Square(side) + 1; }

}  // namespace shapes

// Known to the symbol table alone.
[[gnu::noinline, gnu::used, gnu::visibility("hidden")]] int Hidden(volatile int* value) {
  return *value * 3;
}

// As Rust writes names, before and since its version 0 of them (RFC 2603).
int OldRust(volatile int* value) asm("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE");
int OldRust(volatile int* value) { return *value * 5; }
int NewRust(volatile int* value) asm("_RNvNtC5crate3mod4func");
int NewRust(volatile int* value) { return *value * 7; }

// Call other libraries.
extern "C" double exp10(double);
extern "C" void* osprey_allocates() { return ::operator new(8); }
extern "C" double osprey_calls_out(double value) { return exp10(value) + 1; }
