#include "osprey/target/short_slice.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <thread>

namespace osprey {
namespace {

// struct sched_attr of sched_setattr(2), whose header does not go together with <sched.h> until
// glibc 2.41.
struct Attributes {
  std::uint32_t size = 48;
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0, deadline = 0, period = 0;
};
constexpr std::uint64_t kResetOnFork = 1;  // SCHED_FLAG_RESET_ON_FORK

Attributes Now() {
  Attributes attributes;
  EXPECT_EQ(::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0), 0);
  return attributes;
}

TEST(ShortSlices, AreAskedForByOneThreadForItself) {
  const auto before = Now();
  std::thread([] {
    const auto usual = Now();
    EXPECT_TRUE(AskForShortSlices());
    const auto now = Now();
    EXPECT_EQ(now.policy, usual.policy);
    EXPECT_EQ(now.nice, usual.nice);
    EXPECT_TRUE(now.flags & kResetOnFork) << "none of ours for a child";
    // Kernels from 6.12 on say how long the slices are; older ones say 0.
    if (usual.runtime != 0) {
      EXPECT_EQ(now.runtime, 100000U);
    }
  }).join();
  EXPECT_EQ(Now().runtime, before.runtime);
}

TEST(ShortSlices, LeaveAnotherPolicyAlone) {
  std::thread([] {
    auto attributes = Now();
    attributes.policy = SCHED_BATCH;
    ASSERT_EQ(::syscall(SYS_sched_setattr, 0, &attributes, 0), 0);
    EXPECT_FALSE(AskForShortSlices());
    EXPECT_EQ(Now().policy, static_cast<std::uint32_t>(SCHED_BATCH));
  }).join();
}

}  // namespace
}  // namespace osprey
