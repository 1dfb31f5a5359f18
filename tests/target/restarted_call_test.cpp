#include "target/restarted_call.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

TEST(RestartedCall, GoesByTheKernelsFunction) {
  EXPECT_EQ(RestartedCall("futex_do_wait"), "futex");
  EXPECT_EQ(RestartedCall("futex_wait_queue_me"), "futex");
  EXPECT_EQ(RestartedCall("hrtimer_nanosleep"), "clock_nanosleep");
  EXPECT_EQ(RestartedCall("do_nanosleep"), "clock_nanosleep");
  EXPECT_EQ(RestartedCall("alarmtimer_do_nsleep"), "clock_nanosleep");
  EXPECT_EQ(RestartedCall("poll_schedule_timeout.constprop.0"), "poll");
  EXPECT_EQ(RestartedCall("anon_pipe_read"), "");
  EXPECT_EQ(RestartedCall("0"), "");
  EXPECT_EQ(RestartedCall(""), "");
}

}  // namespace
}  // namespace osprey
