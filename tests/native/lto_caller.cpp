// Calls what stands in another source file.
[[gnu::visibility("hidden")]] int Callee(volatile int* value);

extern "C" int osprey_lto_caller(volatile int* value) { return Callee(value) + 1; }
