// The interpreters and threads of a runtime, and what all of a thread's samples have in common.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "osprey/base/result.h"
#include "osprey/python/runtime_finder.h"
#include "osprey/target/memory.h"

namespace osprey {

struct PythonThread {
  Address state;            // PyThreadState
  Address interpreter;      // PyInterpreterState
  std::uint64_t ident = 0;  // threading.get_ident(): the pthread_t
  pid_t tid = 0;            // the kernel's id as the target sees it; 0 where it is not known
};

struct Interpreter {
  Address state;
  std::int64_t id = 0;
  Address gil_last_holder;  // where its GIL keeps these two; null before it has one
  Address gil_locked;
  Address gil_switch_number;  // null where it keeps none
  Address first_thread;       // threads.head
};

struct ThreadList {
  std::vector<Interpreter> interpreters;
  std::vector<PythonThread> threads;
  // How many thread states there are beside that have no ids of their own: their threads have not
  // begun to run yet (Modules/_threadmodule.c, thread_run), or never will.
  std::size_t unborn = 0;
};

// All interpreters and threads now. A list that changes under the walk ends early: the next one
// sees the rest. kNotFound before the interpreter has started; kNoSuchProcess when it is gone.
Result<ThreadList> ListThreads(const Memory& memory, const Runtime& runtime);

// Learns where struct pthread has the kernel's thread id, for versions that do not keep it
// themselves: C libraries differ. `ids` are the process's threads as it counts them. The layout's
// own offset stays where it fits as well as any, and where there is nothing to learn from.
void LearnThreadIds(const Memory& memory, std::span<const pid_t> ids, Runtime& runtime);

// What threads are called, by ident: threading._active (Lib/threading.py). Empty where the module
// is not imported or cannot be read.
std::map<std::uint64_t, std::string> ReadThreadNames(const Memory& memory, const Runtime& runtime,
                                                     Address interpreter);

}  // namespace osprey
