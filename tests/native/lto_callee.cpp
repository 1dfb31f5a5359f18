// What link-time optimization inlines into lto_caller.cpp.
[[gnu::visibility("hidden")]] int Callee(volatile int* value) { return *value * *value; }
