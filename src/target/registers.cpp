#include "osprey/target/registers.h"

namespace osprey {

const char* MachineName(Machine machine) { return machine == Machine::kX64 ? "x86-64" : "aarch64"; }

Machine OwnMachine() {
#if defined(__aarch64__)
  return Machine::kAarch64;
#else
  return Machine::kX64;
#endif
}

}  // namespace osprey
