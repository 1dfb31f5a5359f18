#include "sampler/waiting_stacks.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "python/task_memory.h"

namespace osprey {
namespace {

class Waiting : public testing::TestWithParam<Version> {
 protected:
  void PutTask(Address at, const std::string& name, const std::vector<Address>& awaiters,
               Address awaits) {
    TaskMemory::TaskParts parts;
    parts.name = made_.String(name);
    parts.coroutine = made_.Coroutine(name + "()", end_);
    parts.awaiters = awaiters;
    parts.awaits = awaits;
    made_.TaskAt(at, parts);
    tasks_.push_back({at, 0});
  }

  // The stacks as text, sorted.
  std::vector<std::string> Read() {
    const std::vector<TaskThread> threads = {{Address(1), Address(2), 3, 77, kRootStack}};
    waiting_.Read(tasks_, threads, TimePoint{},
                  [](const Task&, std::size_t guess) { return guess; });
    std::vector<std::string> lines;
    for (const WaitingStack& stack : waiting_.stacks()) {
      EXPECT_EQ(stack.tid, 77);
      std::string line;
      for (const FrameId frame : stacks_.Frames(stack.stack)) {
        line += (line.empty() ? "" : ";") + stacks_.strings().Get(stacks_.frame(frame).function);
      }
      lines.push_back(line);
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  Layout layout_ = TaskLayout(GetParam());
  TaskMemory made_{layout_};
  StackTable stacks_;
  CodeCache codes_{made_.memory, layout_, stacks_};
  TaskFrames frames_{codes_, stacks_};
  WaitingStacks waiting_{made_.memory, layout_, codes_, stacks_, frames_};
  Address end_ = made_.Put("_asyncio.FutureIter", Bytes(64));
  Address future_ = made_.Page();
  std::vector<WaitingTask> tasks_;
};

TEST_P(Waiting, ATaskStandsBelowThoseThatAwaitIt) {
  const Address a = made_.Page();
  const Address b = made_.Page();
  const Address c = made_.Page();
  PutTask(b, "b", {a}, c);
  PutTask(c, "c", {b}, future_);
  PutTask(a, "a", {}, b);
  for (int turn = 0; turn < 3; ++turn) {
    EXPECT_EQ(Read(), std::vector<std::string>{"<waiting tasks>;task a;a();task b;b();task c;c()"});
  }
}

TEST_P(Waiting, OfSeveralAwaitersTheOthersHaveStacksOfTheirOwn) {
  const Address a = made_.Page();
  const Address b = made_.Page();
  const Address c = made_.Page();
  PutTask(a, "a", {}, c);
  PutTask(b, "b", {}, c);
  PutTask(c, "c", {a, b}, future_);
  EXPECT_EQ(Read(), (std::vector<std::string>{"<waiting tasks>;task a;a();task c;c()",
                                              "<waiting tasks>;task b;b()"}));
}

TEST_P(Waiting, ACircleIsCutAndStillSeen) {
  const Address a = made_.Page();
  const Address b = made_.Page();
  PutTask(a, "a", {b}, b);
  PutTask(b, "b", {a}, a);
  EXPECT_EQ(Read(), std::vector<std::string>{"<waiting tasks>;task b;b();task a;a()"});
  EXPECT_TRUE(waiting_.stacks()[0].is_cut);
}

TEST_P(Waiting, ALongChainIsCut) {
  std::vector<Address> tasks;
  for (int i = 0; i < 400; ++i) tasks.push_back(made_.Page());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const bool is_last = i + 1 == tasks.size();
    PutTask(tasks[i], "t", i == 0 ? std::vector<Address>{} : std::vector{tasks[i - 1]},
            is_last ? future_ : tasks[i + 1]);
  }
  const auto lines = Read();
  ASSERT_FALSE(lines.empty());
  EXPECT_TRUE(waiting_.stacks()[0].is_cut);
}

TEST_P(Waiting, WhatEndsIsNotShownAgain) {
  PutTask(made_.Page(), "a", {}, future_);
  PutTask(made_.Page(), "b", {}, future_);
  EXPECT_EQ(Read().size(), 2U);
  tasks_.pop_back();
  EXPECT_EQ(Read(), std::vector<std::string>{"<waiting tasks>;task a;a()"});
  tasks_.clear();
  EXPECT_TRUE(Read().empty());
}

INSTANTIATE_TEST_SUITE_P(Versions, Waiting, testing::ValuesIn(TaskVersions()), VersionName);

}  // namespace
}  // namespace osprey
