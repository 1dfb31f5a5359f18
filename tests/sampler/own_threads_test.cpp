#include "sampler/own_threads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace osprey {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<pid_t> Kept(const std::vector<pid_t>& listed, const std::vector<pid_t>& ids) {
  std::vector<PythonThread> threads;
  for (const pid_t tid : listed) {
    PythonThread thread;
    thread.tid = tid;
    threads.push_back(thread);
  }
  KeepOwnThreads(threads, ids);
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

TEST(OwnThreads, OfUnknownIdsCountWhereNoneIsKnown) {
  EXPECT_THAT(Kept({0, 0}, {11}), ElementsAre(0, 0));
  // glibc's fork() clears the ids of the threads that the child does not have.
  EXPECT_THAT(Kept({0, 11, 0}, {11}), ElementsAre(11));
  EXPECT_THAT(Kept({0, 30}, {11}), IsEmpty());
}

TEST(OwnThreads, OfNoneAreNone) { EXPECT_THAT(Kept({}, {11}), IsEmpty()); }

}  // namespace
}  // namespace osprey
