// Finds CPython's runtime in a program: where it is, which version, and so which layout.
#pragma once

#include <string>

#include "osprey/base/result.h"
#include "osprey/python/layout.h"
#include "osprey/python/version.h"
#include "osprey/target/target.h"

namespace osprey {

// A new member that is an address has to move with its file: see known_runtimes.cpp.
struct Runtime {
  Address address;  // _PyRuntime; until 3.6, which has none, interp_head
  Version version;
  Layout layout;
  std::string module;      // the file that holds it
  std::string found_by;    // "symbol", "section" or "scan"
  Address current_thread;  // _PyThreadState_Current, until 3.6: null while nobody holds the GIL
  bool known = true;       // false: a version newer than the table, read by its own debug offsets
};

// Looks for the symbol _PyRuntime, then for the section .PyRuntime, then for the variables of 2.7
// to 3.6 (or the code that returns them), in every file that is mapped, the executable first; and
// last for a structure in writable data that hangs together like a runtime. kNotFound: no Python in
// this process, or none yet. kUnsupported: a version that the layout table does not know.
Result<Runtime> FindRuntime(const Target& target);

// The version out of a text like "3.8.18 (default, ..." (Py_GetVersion, Python/getversion.c)
// anywhere in `bytes`; kNotFound where there is none.
Result<Version> FindVersionText(std::string_view bytes);
// The literal PY_VERSION ("3.8.18", Include/patchlevel.h) of major.minor among the constants in
// `bytes`: it is there before the interpreter has run at all. kNotFound where there is none.
Result<Version> FindVersionLiteral(std::string_view bytes, const Version& major_minor);
// The version out of a file name like "libpython3.8.so.1.0" or "python3.12"; micro is 0.
Result<Version> VersionOfFileName(std::string_view path);

}  // namespace osprey
