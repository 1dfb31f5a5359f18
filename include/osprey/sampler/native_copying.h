// How native stacks were copied so far.
#pragma once

namespace osprey {

struct NativeCopying {
  bool by_perf_events = false;
  bool by_looking = false;  // by ptrace, or from what the kernel says of sleepers
};

}  // namespace osprey
