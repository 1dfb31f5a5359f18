// What of the interpreter's own frames a person is not shown: how one thing calls another.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace osprey {

struct NamedFrame {
  enum class Of : std::uint8_t {
    kPython,
    kInterpreter,  // native, of the file that holds the Python runtime
    kForeign,      // native, of any other
  };
  Of of = Of::kForeign;
  std::string_view function;  // as the symbol tables have it; empty where nothing names it
};

// Whether a C function of CPython (2.7 to 3.15) only leads from one thing to the next, so that it
// tells nothing that the frames around it do not: calls, and operators that look for the function
// of a type. What compilers append (.constprop.0, .cold) does not count.
bool IsCallMachinery(std::string_view function);
// The same of functions that are work of their own at the end of a stack, and only lead on where
// they have called Python code: attributes, comparisons, imports, finalizers.
bool LeadsToPythonCode(std::string_view function);
// Where a process or a thread begins: _start, start_thread, main.
bool IsProgramStart(std::string_view function);

// Sets `shown[i]` for each of `frames`, root to leaf, of one merged stack. Python frames and those
// of other files are shown; of the interpreter what does a piece of work: builtins, methods and
// operators of types, the allocator, garbage collection. Nothing of a stack without Python frames
// is left out but call machinery. docs/decisions/0015-folding-interpreter-internals.md has why.
void FoldInternals(std::span<const NamedFrame> frames, std::vector<bool>& shown);

}  // namespace osprey
