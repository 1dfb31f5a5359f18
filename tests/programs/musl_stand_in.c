// Stands in for CPython 3.10 on musl, for which Debian has no Python: a real program on musl, with two
// real threads, that keeps the structs of an interpreter where 3.10 has them and runs no Python.
// One thread spins in `spins`, the main thread waits in `waits`. Ends by itself after two minutes.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Include/internal/pycore_runtime.h; its offsets are those of src/python/layouts.cpp.
uint64_t _PyRuntime[672 / 8];

typedef uint64_t Struct[1024 / 8];
static Struct interpreter, code_type, str_type, dict_type, modules;
static Struct threads[2], frames[2], codes[2], names[2], file, line_table, bytecode;

static void set(uint64_t* object, size_t offset, uint64_t value) { object[offset / 8] = value; }
static uint64_t at(const void* object) { return (uint64_t)(uintptr_t)object; }

static void make_str(uint64_t* object, const char* text) {
  set(object, 8, at(str_type));
  set(object, 16, strlen(text));
  set(object, 24, strlen(text) + (unsigned char)text[0]);  // the hash
  set(object, 32, 1u << 2 | 32 | 64);                      // one byte a character, compact, ASCII
  strcpy((char*)object + 48, text);
}

static void make_bytes(uint64_t* object, const char* text, size_t size) {
  set(object, 16, size);
  memcpy((char*)object + 32, text, size);
}

static void make_thread(int i, const char* name, pthread_t self) {
  make_str(names[i], name);
  set(codes[i], 8, at(code_type));
  set(codes[i], 40, 10);  // the first line
  set(codes[i], 48, at(bytecode));
  set(codes[i], 104, at(file));
  set(codes[i], 112, at(names[i]));
  set(codes[i], 120, at(line_table));
  set(frames[i], 32, at(codes[i]));  // executing its first instruction: all else is 0
  set(threads[i], 16, at(interpreter));
  set(threads[i], 24, at(frames[i]));
  set(threads[i], 176, (uint64_t)(uintptr_t)self);
}

static void* spins(void* end) {
  while (time(NULL) < *(time_t*)end) continue;
  return NULL;
}

int main(void) {
  time_t end = time(NULL) + 120;
  set(code_type, 24, at("code"));
  set(str_type, 24, at("str"));
  set(dict_type, 24, at("dict"));
  set(modules, 8, at(dict_type));
  make_str(file, "stand_in.py");
  make_bytes(line_table, "\x04\x00", 2);
  make_bytes(bytecode, "\x09\x00\x09\x00", 4);
  pthread_t other;
  if (pthread_create(&other, NULL, spins, &end) != 0) return 1;
  make_thread(0, "waits", pthread_self());
  make_thread(1, "spins", other);
  set(threads[1], 8, at(threads[0]));  // the newest first
  set(interpreter, 8, at(threads[1]));
  set(interpreter, 856, at(modules));
  set(_PyRuntime, 32, at(interpreter));
  set(_PyRuntime, 40, at(interpreter));
  puts("ready");
  fflush(stdout);
  pthread_join(other, NULL);
  return 0;
}
