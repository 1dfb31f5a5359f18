#include "osprey/target/system_call_name.h"

#include <seccomp.h>

#include <cstdlib>
#include <limits>
#include <memory>

namespace osprey {

std::string SystemCallName(Machine machine, std::int64_t number) {
  if (number < 0 || number > std::numeric_limits<int>::max()) return {};
  const std::uint32_t arch = machine == Machine::kX64 ? SCMP_ARCH_X86_64 : SCMP_ARCH_AARCH64;
  const std::unique_ptr<char, void (*)(void*)> name(
      ::seccomp_syscall_resolve_num_arch(arch, static_cast<int>(number)), std::free);
  return name ? std::string(name.get()) : std::string();
}

}  // namespace osprey
