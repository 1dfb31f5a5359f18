#include <gtest/gtest.h>

#include "osprey/python/thread_list.h"
#include "python/bytes.h"

namespace osprey {
namespace {

constexpr Address kRuntime(0x100000);
constexpr Address kInterpreter(0x200000);
constexpr Address kThreads(0x40000000);  // one every 0x1000
constexpr Address kStructs(0x50000000);  // struct pthread, one every 0x1000

class ThreadIdOffset : public testing::Test {
 protected:
  // Threads whose struct pthread is `size` bytes and has the ids at `offset`.
  void Put(const std::vector<pid_t>& ids, Offset offset, std::size_t size) {
    const Layout& l = runtime_.layout;
    memory_.Put(kRuntime, Bytes(0x2000).Set(l.runtime_state.interpreters_head, kInterpreter).get());
    memory_.Put(kInterpreter, Bytes(0x8000).Set(l.interpreter_state.threads_head, kThreads).get());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const bool is_last = i + 1 == ids.size();
      const Address ident = kStructs + i * 0x1000;
      memory_.Put(kThreads + i * 0x1000,
                  Bytes(512)
                      .Set(l.thread_state.next, is_last ? Address() : kThreads + (i + 1) * 0x1000)
                      .Set(l.thread_state.interp, kInterpreter)
                      .Set(l.thread_state.thread_id, ident)
                      .get());
      memory_.Put(ident, Bytes(size).Set(0, ident).Set(offset, ids[i]).get());
    }
  }

  Runtime runtime_{kRuntime, {3, 8, 0}, *FindLayout({3, 8, 0}), "python", "symbol", Address()};
  SnapshotMemory memory_;
};

TEST_F(ThreadIdOffset, OfGlibcStays) {
  Put({1000, 1001}, 720, 4096);
  LearnThreadIds(memory_, std::vector<pid_t>{1000, 1001, 1002}, runtime_);
  EXPECT_EQ(runtime_.layout.pthread_tid, 720u);
}

TEST_F(ThreadIdOffset, OfMuslIsLearned) {
  Put({1000, 1001}, 48, 200);
  LearnThreadIds(memory_, std::vector<pid_t>{1000, 1001, 1002}, runtime_);
  EXPECT_EQ(runtime_.layout.pthread_tid, 48u);
  const auto list = ListThreads(memory_, runtime_);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->threads.at(1).tid, 1001);
}

TEST_F(ThreadIdOffset, OneThreadIsNotTakenForTwo) {
  // Somewhere before the ids, both structs have the main thread's.
  Put({1000, 1001}, 48, 200);
  for (const std::uint64_t i : {0U, 1U}) {
    memory_.Put(kStructs + i * 0x1000 + 16, Bytes(4).Set(0, pid_t{1000}).get());
  }
  LearnThreadIds(memory_, std::vector<pid_t>{1000, 1001}, runtime_);
  EXPECT_EQ(runtime_.layout.pthread_tid, 48u);
}

TEST_F(ThreadIdOffset, NothingToLearnFromChangesNothing) {
  LearnThreadIds(memory_, std::vector<pid_t>{1000}, runtime_);  // no interpreter
  Put({7, 8}, 720, 4096);
  LearnThreadIds(memory_, std::vector<pid_t>{1000}, runtime_);
  LearnThreadIds(memory_, {}, runtime_);
  EXPECT_EQ(runtime_.layout.pthread_tid, 720u);
}

}  // namespace
}  // namespace osprey
