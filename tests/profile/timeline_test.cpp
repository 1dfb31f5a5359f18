#include "osprey/profile/timeline.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

Sample Of(std::int64_t tid, std::uint32_t stack) {
  Sample sample;
  sample.pid = 1;
  sample.tid = tid;
  sample.stack = StackId{stack};
  return sample;
}

TEST(TimelineTest, KeepsTheOrderPerThread) {
  Timeline timeline;
  for (const auto& [tid, stack] : {std::pair{5, 1}, {5, 1}, {6, 9}, {5, 1}, {5, 2}, {5, 1}}) {
    timeline.OnSample(Of(tid, static_cast<std::uint32_t>(stack)));
  }
  ASSERT_EQ(timeline.tracks().size(), 2U);
  const Timeline::Track& track = timeline.tracks()[0];
  EXPECT_EQ(track.thread.tid, 5);
  ASSERT_EQ(track.runs.size(), 3U);
  EXPECT_EQ(track.runs[0].count, 3U);
  EXPECT_EQ(track.runs[1].stack, StackId{2});
  EXPECT_EQ(track.runs[2].stack, StackId{1});
  EXPECT_FALSE(timeline.truncated());
}

TEST(TimelineTest, WaitingTasksHaveNoOrder) {
  Timeline timeline;
  for (const std::uint32_t stack : {1U, 2U, 1U}) {
    Sample sample = Of(5, stack);
    sample.is_waiting_task = true;
    timeline.OnSample(sample);
  }
  timeline.OnSample(Of(5, 9));
  ASSERT_EQ(timeline.tracks().size(), 1U);
  EXPECT_EQ(timeline.tracks()[0].runs.size(), 1U);
  EXPECT_EQ(timeline.waiting_tasks(),
            (std::map<StackId, std::uint64_t>{{StackId{1}, 2}, {StackId{2}, 1}}));
}

TEST(TimelineTest, StopsAtItsBoundAndSaysSo) {
  Timeline timeline(1024 + 10 * sizeof(Timeline::Run));
  for (std::uint32_t i = 0; i < 15; ++i) timeline.OnSample(Of(5, i));
  EXPECT_TRUE(timeline.truncated());
  EXPECT_EQ(timeline.dropped(), 5U);
  EXPECT_EQ(timeline.tracks()[0].runs.size(), 10U);
  timeline.OnSample(Of(5, 9));
  EXPECT_EQ(timeline.dropped(), 6U);
}

}  // namespace
}  // namespace osprey
