#include "osprey/python/thread_list.h"

#include <gtest/gtest.h>

#include "python/bytes.h"

namespace osprey {
namespace {

constexpr Address kRuntime(0x100000);
constexpr Address kInterpreters(0x200000);  // one every 0x100000
constexpr Address kThreads(0x40000000);     // one every 0x1000

class Threads : public testing::TestWithParam<Version> {
 protected:
  static Address InterpreterAt(std::uint64_t i) { return kInterpreters + i * 0x100000; }
  static Address ThreadAt(std::uint64_t i) { return kThreads + i * 0x1000; }

  void PutRuntime(Address first_interpreter) {
    memory_.Put(
        kRuntime,
        Bytes(0x2000).Set(layout_.runtime_state.interpreters_head, first_interpreter).get());
  }
  void PutInterpreter(std::uint64_t i, Address next, Address first_thread) {
    const auto& s = layout_.interpreter_state;
    Bytes bytes(0x80000);
    if (s.id != kAbsent) bytes.Set(s.id, static_cast<std::int64_t>(i));
    bytes.Set(s.next, next).Set(s.threads_head, first_thread);
    memory_.Put(InterpreterAt(i), bytes.get());
  }
  void PutThread(std::uint64_t i, Address next, Address interpreter) {
    PutThread(i, next, interpreter, 1000 + i, 2000 + i);
  }
  void PutThread(std::uint64_t i, Address next, Address interpreter, std::uint64_t ident,
                 std::uint64_t tid) {
    const auto& t = layout_.thread_state;
    Bytes bytes(512);
    bytes.Set(t.next, next).Set(t.interp, interpreter).Set(t.thread_id, ident);
    if (t.native_thread_id != kAbsent) bytes.Set(t.native_thread_id, tid);
    memory_.Put(ThreadAt(i), bytes.get());
  }

  const Layout& layout_ = *FindLayout(GetParam());
  const Runtime runtime_{kRuntime, GetParam(), layout_, "python", "symbol", {}};
  SnapshotMemory memory_;
};

// 3.12 and later give a new thread's state no ids before it runs; until then it has those of the
// thread that makes it.
TEST_P(Threads, ThatHaveNotBegunToRunAreCountedApart) {
  PutRuntime(InterpreterAt(0));
  PutInterpreter(0, Address(), ThreadAt(0));
  const bool has_tid = layout_.thread_state.native_thread_id != kAbsent;
  PutThread(0, ThreadAt(1), InterpreterAt(0), has_tid ? 1000 : 0, 0);
  PutThread(1, ThreadAt(2), InterpreterAt(0), 1002, 2002);
  PutThread(2, Address(), InterpreterAt(0));
  const auto list = ListThreads(memory_, runtime_);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->threads.size(), 1U);
  EXPECT_EQ(list->threads[0].state, ThreadAt(2));
  EXPECT_EQ(list->unborn, 2U);
}

TEST_P(Threads, OfAllInterpreters) {
  PutRuntime(InterpreterAt(0));
  PutInterpreter(0, InterpreterAt(1), ThreadAt(0));
  PutInterpreter(1, Address(), ThreadAt(2));
  PutThread(0, ThreadAt(1), InterpreterAt(0));
  PutThread(1, Address(), InterpreterAt(0));
  PutThread(2, Address(), InterpreterAt(1));
  const auto list = ListThreads(memory_, runtime_);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->interpreters.size(), 2U);
  EXPECT_EQ(list->interpreters[1].id, layout_.interpreter_state.id == kAbsent ? 0 : 1);
  EXPECT_EQ(list->interpreters[1].first_thread, ThreadAt(2));
  ASSERT_EQ(list->threads.size(), 3U);
  EXPECT_EQ(list->threads[1].state, ThreadAt(1));
  EXPECT_EQ(list->threads[1].ident, 1001U);
  EXPECT_EQ(list->threads[2].interpreter, InterpreterAt(1));
  EXPECT_EQ(list->threads[2].tid, layout_.thread_state.native_thread_id == kAbsent ? 0 : 2002);
}

TEST_P(Threads, BeforeTheInterpreterHasStartedThereAreNone) {
  PutRuntime(Address());
  const auto list = ListThreads(memory_, runtime_);
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, ErrorCode::kNotFound);
}

TEST_P(Threads, ALinkThatLeadsNowhereEndsTheList) {
  PutRuntime(InterpreterAt(0));
  PutInterpreter(0, Address(0x123456), ThreadAt(0));
  PutThread(0, Address(0x7777777), InterpreterAt(0));
  const auto list = ListThreads(memory_, runtime_);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->interpreters.size(), 1U);
  EXPECT_EQ(list->threads.size(), 1U);
}

TEST_P(Threads, AThreadOfAnotherInterpreterEndsTheList) {
  PutRuntime(InterpreterAt(0));
  PutInterpreter(0, Address(), ThreadAt(0));
  PutThread(0, ThreadAt(1), InterpreterAt(0));
  PutThread(1, Address(), InterpreterAt(5));
  const auto list = ListThreads(memory_, runtime_);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->threads.size(), 1U);
}

TEST_P(Threads, CirclesEnd) {
  PutRuntime(InterpreterAt(0));
  PutInterpreter(0, InterpreterAt(0), ThreadAt(0));
  PutThread(0, ThreadAt(1), InterpreterAt(0));
  PutThread(1, ThreadAt(0), InterpreterAt(0));
  (void)ListThreads(memory_, runtime_);
}

INSTANTIATE_TEST_SUITE_P(Versions, Threads, testing::ValuesIn(AllVersions()), VersionName);

}  // namespace
}  // namespace osprey
