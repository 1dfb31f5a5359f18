#include "osprey/tui/slice_collector.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <thread>

#include "osprey/tui/top_model.h"

namespace osprey {
namespace {

using std::chrono::milliseconds;

Sample SampleOf(StackId stack, TimePoint time, std::int32_t pid = 1) {
  Sample sample;
  sample.stack = stack;
  sample.time = time;
  sample.pid = pid;
  sample.state.on_cpu = true;
  return sample;
}

StackId PushFunction(StackTable& stacks, StackId parent, const std::string& name) {
  Frame frame;
  frame.function = stacks.strings().Intern(name);
  return stacks.Push(parent, stacks.InternFrame(frame));
}

bool IsReadable(int fd) {
  pollfd ready{fd, POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

TEST(SliceCollector, LeavesASliceWhenItIsDue) {
  StackTable stacks;
  auto collector = std::move(*SliceCollector::Create(stacks, milliseconds(100), milliseconds(10)));
  const StackId f = PushFunction(stacks, kRootStack, "f");
  const TimePoint start = TimePoint() + std::chrono::hours(1);
  RunFigures figures;
  collector->Show(start, figures);
  for (int tick = 1; tick <= 10; ++tick) {
    const TimePoint now = start + milliseconds(tick);
    EXPECT_EQ(collector->Take(), nullptr);
    collector->OnSample(SampleOf(f, now, 1));
    collector->OnSample(SampleOf(f, now, 2));
    figures.ticks = static_cast<std::uint64_t>(tick);
    figures.missed_ticks = 3;
    collector->Show(now, figures);
  }
  EXPECT_TRUE(IsReadable(collector->fd()));
  const auto slice = collector->Take();
  ASSERT_NE(slice, nullptr);
  EXPECT_FALSE(IsReadable(collector->fd()));
  EXPECT_DOUBLE_EQ(slice->seconds, 0.010);
  EXPECT_EQ(slice->ticks, 10U);
  EXPECT_EQ(slice->missed, 3U);
  EXPECT_EQ(slice->pids.size(), 2U);
  ASSERT_EQ(slice->counts.size(), 1U);
  EXPECT_EQ(slice->counts[0].count, 20U);
  EXPECT_EQ(slice->news.nodes.size(), 1U);
  // From now on every hundred milliseconds.
  collector->Show(start + milliseconds(60), figures);
  EXPECT_EQ(collector->Take(), nullptr);
  collector->Show(start + milliseconds(110), figures);
  const auto next = collector->Take();
  ASSERT_NE(next, nullptr);
  EXPECT_DOUBLE_EQ(next->seconds, 0.1);
  EXPECT_EQ(next->ticks, 0U);
  EXPECT_TRUE(next->counts.empty());
}

TEST(SliceCollector, TheLastSliceIsMergedWithOneThatNobodyTook) {
  StackTable stacks;
  auto collector = std::move(*SliceCollector::Create(stacks, milliseconds(1), milliseconds(1)));
  const StackId f = PushFunction(stacks, kRootStack, "f");
  const TimePoint start = TimePoint() + std::chrono::hours(1);
  RunFigures figures;
  collector->Show(start, figures);
  collector->OnSample(SampleOf(f, start + milliseconds(2)));
  figures.ticks = 1;
  collector->Show(start + milliseconds(2), figures);
  const StackId g = PushFunction(stacks, f, "g");
  collector->OnSample(SampleOf(f, start + milliseconds(3)));
  collector->OnSample(SampleOf(g, start + milliseconds(3)));
  figures.ticks = 2;
  collector->EndRun(start + milliseconds(4), figures);
  const auto slice = collector->Take();
  ASSERT_NE(slice, nullptr);
  EXPECT_EQ(slice->ticks, 2U);
  EXPECT_DOUBLE_EQ(slice->seconds, 0.004);
  EXPECT_EQ(slice->counts.size(), 2U);
  EXPECT_EQ(slice->news.nodes.size(), 2U);
  // Another run counts from zero.
  collector->BeginRun();
  figures = {};
  collector->Show(start + milliseconds(50), figures);
  figures.ticks = 1;
  collector->Show(start + milliseconds(52), figures);
  const auto next = collector->Take();
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->ticks, 1U);
  EXPECT_DOUBLE_EQ(next->seconds, 0.002);
}

TEST(SliceCollector, TimeGoesOnWithoutAProgram) {
  StackTable stacks;
  auto collector = std::move(*SliceCollector::Create(stacks, milliseconds(400), milliseconds(100)));
  const TimePoint start = TimePoint() + std::chrono::hours(1);
  RunFigures figures;
  collector->Show(start, figures);
  figures.ticks = 60;
  collector->Show(start + milliseconds(60), figures);
  for (int i = 70; i <= 100; i += 10) collector->ShowWait(start + milliseconds(i), figures);
  const auto slice = collector->Take();
  ASSERT_NE(slice, nullptr);
  EXPECT_EQ(slice->ticks, 60U);
  EXPECT_DOUBLE_EQ(slice->seconds, 0.1);
  EXPECT_DOUBLE_EQ(slice->waited_seconds, 0.04);
  EXPECT_FALSE(slice->is_waiting);  // it may just be looking for the next one
  for (int i = 150; i <= 500; i += 50) collector->ShowWait(start + milliseconds(i), figures);
  const auto next = collector->Take();
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->ticks, 0U);
  EXPECT_DOUBLE_EQ(next->waited_seconds, 0.4);
  EXPECT_TRUE(next->is_waiting);
  // The end of a run changes nothing about that.
  collector->EndRun(start + milliseconds(510), figures);
  EXPECT_TRUE(collector->Take()->is_waiting);
  collector->Show(start + milliseconds(600), figures);
  collector->Show(start + milliseconds(1000), figures);
  const auto last = collector->Take();
  ASSERT_NE(last, nullptr);
  EXPECT_DOUBLE_EQ(last->waited_seconds, 0);
  EXPECT_FALSE(last->is_waiting);
}

// Both threads at full speed: nothing is lost, nothing counted twice, and every name arrives.
// (Under the thread sanitizer this is what shows a race.)
TEST(SliceCollector, HandsOverBetweenThreads) {
  StackTable stacks;
  auto collector = std::move(*SliceCollector::Create(stacks, Duration(1), Duration(1)));
  constexpr int kTicks = 20'000;
  std::thread sampling([&] {
    RunFigures figures;
    TimePoint now = Clock::now();
    collector->BeginRun();
    collector->Show(now, figures);
    StackId stack = kRootStack;
    for (int tick = 0; tick < kTicks; ++tick) {
      now += milliseconds(1);
      const std::string name = fmt::format("f{}", tick % 1000);
      stack = PushFunction(stacks, tick % 50 == 0 ? kRootStack : stack, name);
      if (tick % 100 == 0) {
        stacks.Rename(stacks.node(stack).frame,
                      stacks.strings().Intern(fmt::format("renamed {}", name)));
      }
      collector->OnSample(SampleOf(stack, now));
      figures.ticks = static_cast<std::uint64_t>(tick) + 1;
      collector->Show(now, figures);
    }
    collector->EndRun(now, figures);
  });
  TopModel model({});
  std::uint64_t slices = 0;
  while (model.since_start().ticks < kTicks) {
    pollfd ready{collector->fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&ready, 1, 60'000), 1) << "no slice comes any more";
    const auto slice = collector->Take();
    if (slice == nullptr) continue;
    ++slices;
    model.Take(*slice);
    if (slices % 16 == 0) model.Refresh();
  }
  sampling.join();
  EXPECT_GT(slices, 0U);
  EXPECT_EQ(model.since_start().ticks, static_cast<std::uint64_t>(kTicks));
  ASSERT_EQ(model.stacks().node_count(), stacks.node_count());
  std::uint64_t samples = 0;
  const auto picture = model.TakePicture();
  samples = picture->profile.total();
  EXPECT_EQ(samples, static_cast<std::uint64_t>(kTicks));
  for (std::uint32_t i = 0; i < stacks.frame_count(); ++i) {
    EXPECT_EQ(model.stacks().strings().Get(model.stacks().frame(FrameId{i}).function),
              stacks.strings().Get(stacks.frame(FrameId{i}).function));
  }
}

}  // namespace
}  // namespace osprey
