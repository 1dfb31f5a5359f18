// Writes every thread's stack at one moment, for people and for programs.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "osprey/base/result.h"
#include "osprey/report/reporter.h"
#include "osprey/trace/thread_dump.h"

namespace osprey {

struct DumpStyle {
  FrameStyle frames;
  bool is_colored = false;    // by the terminal's escape sequences (ECMA-48, SGR)
  std::string own_code_root;  // the target's working directory: code below it is the user's own
};

// A paragraph for each thread, its leaf frame first, and at the end who waits for whom. Nothing out
// of the target reaches the terminal as a control character. kIo when the stream fails.
Result<void> WriteDumpText(const ThreadDump& dump, const DumpStyle& style, std::ostream& out);

// One object by the schema in docs/dump.schema.json. Names are whole, whatever the style of the
// text. kIo when the stream fails.
Result<void> WriteDumpJson(const ThreadDump& dump, std::string_view osprey_version,
                           std::ostream& out);

}  // namespace osprey
