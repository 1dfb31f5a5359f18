// The stacks of all threads as text, for recorded and live memory alike: both read the same bytes.
#pragma once

#include <string>
#include <vector>

#include "osprey/python/raw_frame.h"
#include "osprey/python/runtime_finder.h"

namespace osprey {

struct DescribedThread {
  std::string name;                 // of threading.Thread; "" where there is none
  std::vector<std::string> frames;  // "function (file.py:line)", root to leaf
  WalkEnd end = WalkEnd::kRejected;
};

// Of the Python of that version whose state lies there (see Runtime); sorted by name. Errors as
// ApplyDebugOffsets and ListThreads.
Result<std::vector<DescribedThread>> DescribeThreads(const Memory& memory, const Version& version,
                                                     Address runtime, Address current_thread);

}  // namespace osprey
