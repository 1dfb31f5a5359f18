#include "osprey/target/short_slice.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace osprey {
namespace {

constexpr std::uint64_t kShortestSlice = 100'000;  // ns: the kernel takes no less

}  // namespace

bool AskForShortSlices() {
  sched_attr attributes{};
  attributes.size = sizeof attributes;
  // What somebody chose for us stays: a batch or real-time policy, a niceness.
  if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return false;
  if (attributes.sched_policy != SCHED_NORMAL) return false;
  attributes.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
  attributes.sched_runtime = kShortestSlice;
  return ::syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}

}  // namespace osprey
