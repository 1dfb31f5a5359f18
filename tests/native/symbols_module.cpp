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
