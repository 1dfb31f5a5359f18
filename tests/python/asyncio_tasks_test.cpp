#include "osprey/python/asyncio_tasks.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "python/task_memory.h"

namespace osprey {
namespace {

constexpr Address kInterpreter(0x100000);
constexpr Address kThread(0x200000);

TEST(AsyncioOffsets, AreTakenWhenTheyLieInTheirStructs) {
  const Layout before = *FindLayout({3, 14, 0});
  Layout layout = before;
  const AsyncioDebugOffsets good = {256,  136,  96,   160,  161,  128, 176,
                                    8000, 7900, 1100, 1024, 1032, 1040};
  ASSERT_TRUE(ApplyAsyncioOffsets(good, layout));
  EXPECT_EQ(layout.task_object.name, 136U);
  EXPECT_EQ(layout.task_object.awaited_by, 96U);
  EXPECT_EQ(layout.task_object.awaited_by_is_set, 161U);
  EXPECT_EQ(layout.task_object.coro, 128U);
  EXPECT_EQ(layout.task_object.node, 176U);
  EXPECT_EQ(layout.task_object.interpreter_tasks_head, 7900U);
  EXPECT_EQ(layout.task_object.thread_running_task, 1032U);
  EXPECT_EQ(layout.task_object.thread_tasks_head, 1040U);
  for (std::size_t word = 0; word < good.size(); ++word) {
    AsyncioDebugOffsets bad = good;
    bad[word] = ~std::uint64_t{0} - 7;
    layout = before;
    EXPECT_FALSE(ApplyAsyncioOffsets(bad, layout)) << word;
    EXPECT_EQ(layout.task_object.node, before.task_object.node) << word;
  }
}

class Lists : public testing::TestWithParam<Version> {
 protected:
  Address Node(std::uint64_t task) const { return Address(task) + layout_.task_object.node; }
  void Link(Address from, Address to) { memory_.Put(from, Bytes(8).Set(0, to).get()); }
  std::vector<Address> All() {
    std::vector<Address> tasks;
    tasks_.ReadAll(kThread, tasks);
    return tasks;
  }

  Layout layout_ = TaskLayout(GetParam());
  SnapshotMemory memory_;
  AsyncioTasks tasks_{memory_, layout_, kInterpreter};
  Address head_ = kThread + layout_.task_object.thread_tasks_head;
};

TEST_P(Lists, AreWalkedToTheirHead) {
  Link(head_, Node(0x1000));
  Link(Node(0x1000), Node(0x2000));
  Link(Node(0x2000), head_);
  EXPECT_EQ(All(), (std::vector{Address(0x1000), Address(0x2000)}));
  memory_.Clear();  // the first is done, there is a new one at the end
  Link(head_, Node(0x2000));
  Link(Node(0x2000), Node(0x3000));
  Link(Node(0x3000), head_);
  EXPECT_EQ(All(), (std::vector{Address(0x2000), Address(0x3000)}));
}

TEST_P(Lists, EndWhereTheyAreTorn) {
  Link(head_, Node(0x1000));
  Link(Node(0x1000), Node(0x2000));
  Link(Node(0x2000), Node(0x1000));  // a circle beside the head
  EXPECT_EQ(All().size(), 3U);       // the last one closes it
  EXPECT_EQ(All().size(), 3U);
  memory_.Clear();
  EXPECT_TRUE(All().empty());
}

TEST_P(Lists, TheRunningTaskStandsInTheThread) {
  memory_.Put(kThread + layout_.task_object.thread_running_task,
              Bytes(8).Set(0, Address(0x1000)).get());
  std::vector<Address> tasks;
  tasks_.ReadRunning(kThread, tasks);
  EXPECT_EQ(tasks, std::vector{Address(0x1000)});
}

INSTANTIATE_TEST_SUITE_P(Versions, Lists, testing::ValuesIn(Versions([](const Layout& l) {
                           return l.task_source == TaskSource::kDebugSection;
                         })),
                         VersionName);

// The module asyncio.tasks as an interpreter keeps it.
class Modules : public testing::TestWithParam<Version> {
 protected:
  struct Entry {
    Address key, value;
  };
  Address Dict(const std::vector<Entry>& entries) {
    const auto& d = layout_.dict;
    const Address keys = made_.Page();
    Bytes bytes(d.dk_indices + 8 + 24 * 8);
    if (d.log2_sizes) {
      bytes.Set(d.dk_log2_index_bytes, std::uint8_t{3}).Set(d.dk_kind, std::uint8_t{0});
    } else {
      bytes.Set(d.dk_log2_size, std::uint64_t{8});
    }
    bytes.Set(d.dk_nentries, std::uint64_t{entries.size()});
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto at = static_cast<Offset>(d.dk_indices + 8 + 24 * i);
      bytes.Set(at + 8, entries[i].key).Set(at + 16, entries[i].value);
    }
    made_.memory.Put(keys, bytes.get());
    return made_.Put("dict", Bytes(64).Set(d.ma_keys, keys));
  }
  void PutModule(const std::vector<Entry>& members) {
    const Address module = made_.Put("module", Bytes(64).Set(layout_.pyobject.size, Dict(members)));
    const Address modules = Dict({{made_.String("asyncio.tasks"), module}});
    made_.memory.Put(kInterpreter + layout_.interpreter_state.modules,
                     Bytes(8).Set(0, modules).get());
  }

  Layout layout_ = TaskLayout(GetParam());
  TaskMemory made_{layout_};
  AsyncioTasks tasks_{made_.memory, layout_, kInterpreter};
};

TEST_P(Modules, WithoutAsyncioThereAreNoTasks) {
  PutModule({});
  EXPECT_FALSE(tasks_.Find());
  std::vector<Address> tasks;
  tasks_.ReadRunning(kThread, tasks);
  tasks_.ReadAll(kThread, tasks);
  EXPECT_TRUE(tasks.empty());
}

TEST_P(Modules, RunningTasksStandInADict) {
  const Address loop = made_.Page();
  PutModule({{made_.String("_current_tasks"),
              Dict({{loop, Address(0x1000)}, {Address(0), Address(0)}, {loop, Address(0x2000)}})}});
  ASSERT_TRUE(tasks_.Find());
  for (int turn = 0; turn < 2; ++turn) {
    std::vector<Address> tasks;
    tasks_.ReadRunning(kThread, tasks);
    EXPECT_EQ(tasks, (std::vector{Address(0x1000), Address(0x2000)}));
  }
}

TEST_P(Modules, EagerTasksStandInASet) {
  PutModule({{made_.String("_current_tasks"), Dict({})},
             {made_.String("_eager_tasks"), made_.Set({Address(0x1000), Address(0x2000)})}});
  ASSERT_TRUE(tasks_.Find());
  std::vector<Address> tasks;
  tasks_.ReadAll(kThread, tasks);
  EXPECT_EQ(tasks, (std::vector{Address(0x1000), Address(0x2000)}));
}

TEST_P(Modules, ImpossibleSizesGiveNothing) {
  const Offset first = layout_.pyobject.size;
  const Address set = made_.Put(
      "set", Bytes(first + 32).Set(first + 16, ~std::uint64_t{0}).Set(first + 24, made_.Page()));
  const Address keys = made_.Page();
  made_.memory.Put(keys, Bytes(256).Set(layout_.dict.dk_nentries, ~std::uint64_t{0}).get());
  const Address dict = made_.Put("dict", Bytes(64).Set(layout_.dict.ma_keys, keys));
  PutModule({{made_.String("_current_tasks"), dict}, {made_.String("_eager_tasks"), set}});
  ASSERT_TRUE(tasks_.Find());
  std::vector<Address> tasks;
  tasks_.ReadRunning(kThread, tasks);
  tasks_.ReadAll(kThread, tasks);
  EXPECT_TRUE(tasks.empty());
}

INSTANTIATE_TEST_SUITE_P(Versions, Modules, testing::ValuesIn(Versions([](const Layout& l) {
                           return l.task_source == TaskSource::kTasksModule;
                         })),
                         VersionName);

}  // namespace
}  // namespace osprey
