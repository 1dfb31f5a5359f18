#include "sampler/own_threads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osprey {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A layout that says where the kernel's id of a thread is, or none that does.
Layout LayoutWith(Offset native_thread_id, Offset pthread_tid) {
  Layout layout{};
  layout.thread_state.native_thread_id = native_thread_id;
  layout.pthread_tid = pthread_tid;
  return layout;
}

std::vector<pid_t> Kept(const std::vector<pid_t>& listed, const std::vector<pid_t>& ids,
                        const Layout& layout = LayoutWith(160, kAbsent)) {
  std::vector<PythonThread> threads;
  for (const pid_t tid : listed) {
    PythonThread thread;
    thread.tid = tid;
    threads.push_back(thread);
  }
  KeepOwnThreads(layout, threads, ids);
  std::vector<pid_t> kept;
  for (const PythonThread& thread : threads) kept.push_back(thread.tid);
  return kept;
}

TEST(OwnThreads, AreThoseThatTheKernelKnows) {
  EXPECT_THAT(Kept({30, 20, 10}, {10, 15, 20, 30}), ElementsAre(30, 20, 10));
  EXPECT_THAT(Kept({30, 20, 10}, {20}), ElementsAre(20));
}

TEST(OwnThreads, AreNoneInAChildThatSharesItsParentsMemory) {
  EXPECT_THAT(Kept({30, 20, 10}, {11}), IsEmpty());
}

TEST(OwnThreads, HaveIds) {
  // glibc's fork() clears the ids of the threads that the child does not have.
  EXPECT_THAT(Kept({0, 11, 0}, {11}, LayoutWith(kAbsent, 720)), ElementsAre(11));
  EXPECT_THAT(Kept({0, 30}, {11}), IsEmpty());
  // A list that is read while the child clears it may hold none but those.
  EXPECT_THAT(Kept({0}, {11}, LayoutWith(kAbsent, 720)), IsEmpty());
}

TEST(OwnThreads, AreAllWhereNothingSaysTheirIds) {
  EXPECT_THAT(Kept({0, 0}, {11}, LayoutWith(kAbsent, kAbsent)), ElementsAre(0, 0));
}

TEST(OwnThreads, OfNoneAreNone) { EXPECT_THAT(Kept({}, {11}), IsEmpty()); }

}  // namespace
}  // namespace osprey
