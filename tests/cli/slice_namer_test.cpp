#include "cli/slice_namer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <string>
#include <vector>

namespace osprey {
namespace {

using testing::ElementsAre;

constexpr Duration kPeriod = std::chrono::milliseconds(1);

class NamingSlices : public testing::Test {
 protected:
  NamingSlices() {
    auto collector = SliceCollector::Create(raw_, kPeriod, kPeriod);
    collector_ = std::move(*collector);
    auto namer = SliceNamer::Create(*collector_, modules_, true);
    namer_ = std::move(*namer);
    gone_ = modules_.Add({"/no/such/file.so", "", 1, 2, {}});
  }

  StackId Native(StackId parent, std::uint64_t address) {
    return raw_.Push(parent, modules_.Frame(gone_, FileAddress{address}));
  }
  FrameId Thread(const char* name) {
    return raw_.InternFrame(
        {raw_.strings().Intern(name), raw_.strings().Intern(""), 0, FrameKind::kThread});
  }
  void See(StackId stack, int times) {
    Sample sample;
    sample.stack = stack;
    sample.pid = 42;
    for (int i = 0; i < times; ++i) collector_->OnSample(sample);
  }
  // A slice is due.
  void Leave() { collector_->Show(now_ += 2 * kPeriod, figures_); }
  // Waits for what the thread has named.
  std::unique_ptr<Slice> Await() {
    for (int i = 0; i < 1000; ++i) {
      pollfd ready{namer_->fd(), POLLIN, 0};
      poll(&ready, 1, 100);
      if (auto slice = namer_->Take()) return slice;
    }
    return nullptr;
  }
  std::vector<std::string> Functions(StackId stack) const {
    std::vector<std::string> functions;
    for (const FrameId frame : shown_.Frames(stack)) {
      functions.push_back(shown_.strings().Get(shown_.frame(frame).function));
    }
    return functions;
  }

  StackTable raw_;
  NativeModules modules_{raw_};
  ModuleId gone_;
  std::unique_ptr<SliceCollector> collector_;
  std::unique_ptr<SliceNamer> namer_;
  StackTable shown_;  // the drawer's
  TimePoint now_ = Clock::now();
  RunFigures figures_;
};

TEST_F(NamingSlices, GivesStacksOfItsOwnTable) {
  namer_->Start();
  const StackId thread = raw_.Push(kRootStack, Thread("thread (0x1)"));
  Leave();  // the first only begins to count
  See(Native(thread, 0x10), 3);
  Leave();
  auto slice = Await();
  ASSERT_NE(slice, nullptr);
  shown_.Append(slice->news);
  ASSERT_EQ(slice->counts.size(), 1U);
  EXPECT_EQ(slice->counts[0].count, 3U);
  EXPECT_THAT(slice->pids, ElementsAre(42));
  EXPECT_THAT(Functions(slice->counts[0].stack), ElementsAre("thread (0x1)", "0x10"));
  // The next has only what is new.
  raw_.Rename(raw_.node(thread).frame, raw_.strings().Intern("thread (0x1): main"));
  See(Native(thread, 0x10), 1);
  See(Native(Native(thread, 0x10), 0x20), 1);
  Leave();
  slice = Await();
  ASSERT_NE(slice, nullptr);
  EXPECT_EQ(slice->news.frames.size(), 1U);
  shown_.Append(slice->news);
  ASSERT_EQ(slice->counts.size(), 2U);
  EXPECT_THAT(Functions(slice->counts[1].stack), ElementsAre("thread (0x1): main", "0x10", "0x20"));
  namer_->Stop();
}

TEST_F(NamingSlices, LeavesTheLastWhenItIsStopped) {
  namer_->Start();
  Leave();
  See(Native(kRootStack, 0x10), 2);
  collector_->EndRun(now_ += kPeriod, figures_);
  namer_->Stop();
  const auto slice = namer_->Take();
  ASSERT_NE(slice, nullptr);
  ASSERT_EQ(slice->counts.size(), 1U);
  EXPECT_EQ(slice->counts[0].count, 2U);
  EXPECT_EQ(namer_->Take(), nullptr);
  // And goes on.
  collector_->BeginRun();
  namer_->Start();
  Leave();
  See(Native(kRootStack, 0x10), 5);
  Leave();
  const auto next = Await();
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->counts[0].count, 5U);
  EXPECT_TRUE(next->news.frames.empty());
}

TEST_F(NamingSlices, AddsUpWhatNobodyTakes) {
  Leave();
  std::uint64_t all = 0;
  for (int i = 1; i <= 3; ++i) {
    See(Native(kRootStack, 0x10 * static_cast<unsigned>(i % 2)), i);
    all += static_cast<unsigned>(i);
    Leave();
    namer_->Start();
    namer_->Stop();
  }
  const auto slice = namer_->Take();
  ASSERT_NE(slice, nullptr);
  std::uint64_t counted = 0;
  for (const StackCount& each : slice->counts) counted += each.count;
  EXPECT_EQ(counted, all);
  EXPECT_EQ(slice->counts.size(), 2U);
}

}  // namespace
}  // namespace osprey
