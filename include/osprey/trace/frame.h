// One line of one function, as a person reads it.
#pragma once

#include <cstdint>

#include "osprey/trace/ids.h"

namespace osprey {

// What a frame stands for; reports colour and name by it.
enum class FrameKind : std::uint8_t {
  kPython,       // function, file and line of Python code
  kNative,       // C, C++, Rust; `file` is the library where the source is not known
  kThread,       // a thread's root; `function` is the whole label "thread (0xID): NAME"
  kProcess,      // a process's root; `function` is the whole label "process PID: command"
  kInterpreter,  // a subinterpreter's root; `function` is the whole label "interpreter ID"
  kMarker,       // "<gc>" and the like: no file, no line
  kTask,         // a task of asyncio; `function` is the whole label "task NAME"
};

struct Frame {
  StringId function;       // the qualified name where the version has one
  StringId file;           // as the code object says it: often a whole path, never shortened here
  std::uint32_t line = 0;  // 1-based; 0: not known
  FrameKind kind = FrameKind::kPython;

  bool operator==(const Frame&) const = default;
};

}  // namespace osprey
