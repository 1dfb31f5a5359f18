#include "osprey/python/task_graph.h"

#include <gtest/gtest.h>

#include "python/task_memory.h"

namespace osprey {
namespace {

// Says how often it was asked.
class CountingMemory : public Memory {
 public:
  explicit CountingMemory(const Memory& memory) : memory_(memory) {}
  Result<void> Read(Address from, std::span<std::byte> to) const override {
    ++calls;
    return memory_.Read(from, to);
  }
  Result<std::size_t> ReadRanges(std::span<const MemoryRange> ranges,
                                 std::span<std::byte> to) const override {
    ++calls;
    return memory_.ReadRanges(ranges, to);
  }
  mutable int calls = 0;

 private:
  const Memory& memory_;
};

class Tasks : public testing::TestWithParam<Version> {
 protected:
  Address PutTask(Address at, const std::string& name, const std::vector<Address>& awaiters = {},
                  Address awaits = Address{}) {
    TaskMemory::TaskParts parts;
    parts.name = made_.String(name);
    parts.coroutine = made_.Coroutine(name + " coroutine", end_);
    parts.awaiters = awaiters;
    parts.awaits = awaits;
    return made_.TaskAt(at, parts);
  }
  void Read(std::vector<Address> tasks) { graph_.Read(tasks, TimePoint{}); }
  std::string NameOf(const AwaitFrame& frame) const {
    return stacks_.strings().Get(frame.code->function);
  }
  bool HasCallbacks() const { return layout_.task_source == TaskSource::kTasksModule; }
  std::string AwaiterOf(Address task) const {
    const Task* found = graph_.Find(task);
    if (found == nullptr) return "no task";
    const Task* awaiter = graph_.AwaiterOf(*found);
    return awaiter == nullptr ? "nobody" : awaiter->name;
  }

  Layout layout_ = TaskLayout(GetParam());
  TaskMemory made_{layout_};
  CountingMemory memory_{made_.memory};
  StackTable stacks_;
  CodeCache codes_{memory_, layout_, stacks_};
  TaskGraph graph_{memory_, layout_, codes_};
  Address end_ = made_.Put("_asyncio.FutureIter", Bytes(64));
};

TEST_P(Tasks, HaveNamesAndFrames) {
  const Address inner = made_.Coroutine("inner", end_);
  const Address wrapper =
      made_.Put("coroutine_wrapper", Bytes(64).Set(layout_.pyobject.size, inner));
  const Address outer = made_.Coroutine("outer", wrapper);
  const Address at =
      made_.TaskAt(made_.Page(), {.name = made_.String("fetcher"), .coroutine = outer});
  Read({at});
  const Task* task = graph_.Find(at);
  ASSERT_NE(task, nullptr);
  EXPECT_EQ(task->name, "fetcher");
  EXPECT_EQ(task->state, TaskState::kSuspended);
  ASSERT_EQ(task->frames.size(), 2U);
  EXPECT_EQ(NameOf(task->frames[0]), "outer");
  EXPECT_EQ(NameOf(task->frames[1]), "inner");
  EXPECT_EQ(task->frames[1].byte_offset, TaskMemory::kByteOffset);
  EXPECT_FALSE(task->is_cut);
  EXPECT_EQ(graph_.AwaiterOf(*task), nullptr);
  EXPECT_EQ(graph_.rejected(), 0U);
}

TEST_P(Tasks, AreCopiedTogetherOnceTheyAreKnown) {
  const Address outer = made_.Page();
  const Address inner = made_.Page();
  PutTask(outer, "outer", {}, inner);
  PutTask(inner, "inner", {outer});
  Read({inner});
  ASSERT_EQ(AwaiterOf(inner), "outer");
  const std::uint64_t version = graph_.Find(inner)->version;
  memory_.calls = 0;
  Read({inner});
  EXPECT_EQ(memory_.calls, 2);  // the two copies
  EXPECT_EQ(AwaiterOf(inner), "outer");
  EXPECT_EQ(graph_.Find(inner)->version, version);
}

TEST_P(Tasks, OfSeveralAwaitersTheFirstCounts) {
  const Address first = made_.Page();
  const Address second = made_.Page();
  const Address inner = made_.Page();
  PutTask(first, "first", {}, inner);
  PutTask(second, "second", {}, inner);
  PutTask(inner, "inner", {first, second});
  Read({inner});
  EXPECT_EQ(AwaiterOf(inner), "first");
  EXPECT_NE(graph_.Find(second), nullptr);
}

TEST_P(Tasks, MayAwaitEachOther) {
  const Address one = made_.Page();
  const Address two = made_.Page();
  PutTask(one, "one", {two}, two);
  PutTask(two, "two", {one}, one);
  Read({one});
  EXPECT_EQ(AwaiterOf(one), "two");
  EXPECT_EQ(AwaiterOf(two), "one");
}

TEST_P(Tasks, AreFoundThroughWhatGatherLeaves) {
  if (!HasCallbacks()) return;  // from 3.14 on gather itself says who awaits
  const Address outer = made_.Page();
  const Address inner = made_.Page();
  const Address gathering = made_.Future({.awaiters = {outer}});
  PutTask(outer, "outer", {}, gathering);
  made_.TaskAt(inner, {.name = made_.String("inner"),
                       .coroutine = made_.Coroutine("coroutine", end_),
                       .callbacks = {made_.Closure({Address(0), end_, gathering})}});
  Read({inner});
  EXPECT_EQ(AwaiterOf(inner), "outer");
}

TEST_P(Tasks, ACallbackWhoseTaskAwaitsAnotherIsNotBelieved) {
  if (!HasCallbacks()) return;
  const Address outer = made_.Page();
  const Address inner = made_.Page();
  PutTask(outer, "outer", {}, made_.Page());
  PutTask(inner, "inner", {outer});
  Read({inner});
  EXPECT_EQ(AwaiterOf(inner), "nobody");
}

TEST_P(Tasks, OfDerivedClassesAreTasks) {
  made_.Type("MyTask", made_.Type("_asyncio.Task"));
  const Address at = made_.TaskAt(
      made_.Page(),
      {.name = made_.String("mine"), .coroutine = made_.Coroutine("c", end_), .type = "MyTask"});
  const Address other = made_.TaskAt(
      made_.Page(),
      {.name = made_.String("other"), .coroutine = made_.Coroutine("c", end_), .type = "Other"});
  Read({at, other});
  ASSERT_NE(graph_.Find(at), nullptr);
  EXPECT_EQ(graph_.Find(at)->name, "mine");
  EXPECT_EQ(graph_.Find(other), nullptr);
}

TEST_P(Tasks, ANumberStandsForTheDefaultName) {
  if (!layout_.long_object.tagged) return;  // from 3.12 on
  const Address number =
      made_.Put("int", Bytes(64)
                           .Set(layout_.long_object.ob_size, std::uint64_t{1U << 3U})
                           .Set(layout_.long_object.ob_digit, std::uint32_t{17}));
  const Address at =
      made_.TaskAt(made_.Page(), {.name = number, .coroutine = made_.Coroutine("c", end_)});
  Read({at});
  ASSERT_NE(graph_.Find(at), nullptr);
  EXPECT_EQ(graph_.Find(at)->name, "Task-17");
}

TEST_P(Tasks, CirclesOfCoroutinesAreCut) {
  const Address one = made_.Page();
  const Address two = made_.Page();
  made_.CoroutineAt(one, "one", two);
  made_.CoroutineAt(two, "two", one);
  const Address at = made_.TaskAt(made_.Page(), {.name = made_.String("circle"), .coroutine = one});
  Read({at});
  const Task* task = graph_.Find(at);
  ASSERT_NE(task, nullptr);
  EXPECT_TRUE(task->is_cut);
  EXPECT_GT(task->frames.size(), 100U);
}

TEST_P(Tasks, GarbageIsNoTask) {
  const Address nowhere(0x7777000);
  made_.memory.Put(made_.Page(), Bytes(64).get());
  const Address dead_coroutine =
      made_.TaskAt(made_.Page(), {.name = nowhere, .coroutine = nowhere});
  const Address no_coroutine =
      made_.TaskAt(made_.Page(), {.name = made_.String("x"), .coroutine = made_.String("y")});
  Bytes all_ones(256);
  for (Offset i = 0; i < 256; i += 8) all_ones.Set(i, ~std::uint64_t{0});
  const Address ones = made_.Put("_asyncio.Task", all_ones);
  const Address good = PutTask(made_.Page(), "good");
  Read({nowhere, Address(0), Address(~std::uint64_t{0}), Address(3), dead_coroutine, no_coroutine,
        ones, good});
  EXPECT_EQ(graph_.Find(nowhere), nullptr);
  EXPECT_EQ(graph_.Find(dead_coroutine), nullptr);
  EXPECT_EQ(graph_.Find(no_coroutine), nullptr);
  EXPECT_EQ(graph_.Find(ones), nullptr);
  EXPECT_NE(graph_.Find(good), nullptr);
}

TEST_P(Tasks, WhatIsNotReadAgainIsNotFound) {
  const Address one = PutTask(made_.Page(), "one");
  const Address two = PutTask(made_.Page(), "two");
  Read({one, two});
  Read({two});
  EXPECT_EQ(graph_.Find(one), nullptr);
  EXPECT_NE(graph_.Find(two), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Versions, Tasks, testing::ValuesIn(TaskVersions()), VersionName);

}  // namespace
}  // namespace osprey
