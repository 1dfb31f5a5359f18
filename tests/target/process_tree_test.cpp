#include "osprey/target/process_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <set>
#include <thread>

#include "osprey/target/orphan_adoption.h"
#include "target/child_search.h"
#include "target/proc_stat.h"
#include "target/processes.h"

namespace osprey {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ChildSearch, ParsesTheTextOfAChildrenFile) {
  EXPECT_THAT(ParseChildren("12 345 6 "), ElementsAre(12, 345, 6));
  EXPECT_THAT(ParseChildren("12"), ElementsAre(12));
  EXPECT_THAT(ParseChildren(""), IsEmpty());
  EXPECT_THAT(ParseChildren("12 x 6"), ElementsAre(12));
  EXPECT_THAT(ParseChildren("99999999999999999999 1"), IsEmpty());
}

std::set<pid_t> Pids(const std::vector<ProcessTree::Process>& processes) {
  std::set<pid_t> pids;
  for (const auto& process : processes) pids.insert(process.pid);
  return pids;
}

bool HasEnded(pid_t pid) {
  const auto stat = ReadProcessStat(pid);
  return !stat || stat->has_ended();
}

// Processes of several generations. All of them wait for the test to let them go, or to end.
class Family {
 public:
  // Has the calling process, and so the test or one of the family, fork another one.
  pid_t Fork(const std::function<void()>& body) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    hold_.write_end.Reset();
    body();
    Wait();
  }
  void Tell(pid_t pid) const {
    if (::write(born_.write_end.get(), &pid, sizeof pid) != sizeof pid) ::_exit(1);
  }
  pid_t Hear() const {
    pid_t pid = -1;
    EXPECT_EQ(::read(born_.read_end.get(), &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
    return pid;
  }
  void LetGo() { hold_.write_end.Reset(); }
  [[noreturn]] void Wait() const {
    char byte = 0;
    [[maybe_unused]] const ssize_t got = ::read(hold_.read_end.get(), &byte, 1);
    ::_exit(0);
  }

 private:
  Pipe born_;
  Pipe hold_;
};

class ProcessTreeTest : public ::testing::TestWithParam<ChildSearch> {};

TEST_P(ProcessTreeTest, FindsChildrenAndTheirChildren) {
  Family family;
  const Child root(family.Fork([&] {
    family.Tell(family.Fork([&] { family.Tell(family.Fork([] {})); }));
    family.Tell(family.Fork([] {}));
  }));
  const Child stranger(family.Fork([] {}));
  const std::set<pid_t> all = {root.pid(), family.Hear(), family.Hear(), family.Hear()};
  ProcessTree tree(root.pid(), false, GetParam());
  const auto changes = tree.Walk();
  EXPECT_EQ(Pids(changes.arrived), all);
  EXPECT_EQ(changes.arrived.front().pid, root.pid());
  EXPECT_THAT(changes.ended, IsEmpty());
  EXPECT_THAT(tree.Walk().arrived, IsEmpty());
  EXPECT_EQ(tree.size(), all.size());
  EXPECT_TRUE(tree.HasRoot());
}

TEST_P(ProcessTreeTest, FindsTheChildrenOfEveryThread) {
  Family family;
  const Child root(family.Fork([&] {
    std::thread([&] {
      family.Tell(family.Fork([] {}));
      family.Wait();
    }).join();
  }));
  const std::set<pid_t> all = {root.pid(), family.Hear()};
  ProcessTree tree(root.pid(), false, GetParam());
  EXPECT_EQ(Pids(tree.Walk().arrived), all);
}

TEST_P(ProcessTreeTest, FollowsAChildWhoseParentHasEnded) {
  Family family;
  Child root(family.Fork([&] { family.Tell(family.Fork([] {})); }));
  const pid_t child = family.Hear();
  ProcessTree tree(root.pid(), false, GetParam());
  tree.Walk();
  root.Kill();
  EXPECT_EQ(Pids(tree.Walk().ended), std::set<pid_t>{root.pid()});
  EXPECT_FALSE(tree.HasRoot());
  EXPECT_EQ(tree.size(), 1u);
  family.LetGo();
  ASSERT_TRUE(WaitUntil([&] { return HasEnded(child); }));
  EXPECT_EQ(Pids(tree.Walk().ended), std::set<pid_t>{child});
  EXPECT_EQ(tree.size(), 0u);
}

TEST_P(ProcessTreeTest, TellsDaemonsFromTheRest) {
  Family family;
  const Child root(family.Fork([&] {
    family.Tell(family.Fork([] {}));
    family.Tell(family.Fork([&] {
      ::setsid();
      family.Tell(::getpid());
    }));
  }));
  std::set<pid_t> told = {family.Hear(), family.Hear(), family.Hear()};
  ProcessTree tree(root.pid(), false, GetParam());
  tree.Walk();
  EXPECT_TRUE(tree.IsInSession(root.pid()));
  int daemons = 0;
  for (const pid_t pid : told) daemons += tree.IsInSession(pid) ? 0 : 1;
  EXPECT_EQ(daemons, 1);
  EXPECT_FALSE(tree.IsInSession(::getpid())) << "no member";
}

TEST_P(ProcessTreeTest, AZombieHasEnded) {
  Child root = ForkIdle();
  root.Kill();
  ProcessTree tree(root.pid(), false, GetParam());
  EXPECT_THAT(tree.Walk().arrived, IsEmpty());
  EXPECT_FALSE(tree.HasRoot());
}

TEST_P(ProcessTreeTest, AdoptsAndReapsOrphansOfParentsItNeverSaw) {
  const OrphanAdoption adoption;
  Family family;
  const Child root(family.Fork([] {}));
  const Child parent(family.Fork([&] {
    family.Tell(family.Fork([] {}));
    ::_exit(0);
  }));
  const pid_t orphan = family.Hear();
  ASSERT_EQ(::waitpid(parent.pid(), nullptr, 0), parent.pid());
  ProcessTree tree(root.pid(), true, GetParam());
  const std::set<pid_t> all = {root.pid(), orphan};
  EXPECT_EQ(Pids(tree.Walk().arrived), all);
  family.LetGo();
  ASSERT_TRUE(WaitUntil([&] { return HasEnded(orphan) && HasEnded(root.pid()); }));
  EXPECT_EQ(Pids(tree.Walk().ended), all);
  // The list of children may leave one out while others end (proc_pid_children(5)).
  const auto is_reaped = [&] {
    tree.Walk();
    return !ReadProcessStat(orphan);
  };
  EXPECT_TRUE(WaitUntil(is_reaped)) << "it was not reaped";
  // The launched command is somebody else's to reap; until its last thread has gone (a sanitizer
  // has its own), there is nothing to reap of what has ended.
  EXPECT_TRUE(WaitUntil([&] { return ::waitpid(root.pid(), nullptr, WNOHANG) == root.pid(); }));
}

TEST(ProcessTree, OnlyGrowsWhenSomethingWasStarted) {
  const Child root = ForkIdle();
  ProcessTree tree(root.pid(), false, AvailableChildSearch());
  EXPECT_TRUE(tree.MayHaveGrown());
  // Others start things too: the machine has to be quiet for once between two looks.
  EXPECT_TRUE(WaitUntil([&] {
    tree.Walk();
    return !tree.MayHaveGrown();
  }));
  const Child child = ForkIdle();
  EXPECT_TRUE(tree.MayHaveGrown());
}

INSTANTIATE_TEST_SUITE_P(Searches, ProcessTreeTest,
                         ::testing::Values(ChildSearch::kChildrenFiles, ChildSearch::kParents),
                         [](const auto& search) {
                           return search.param == ChildSearch::kParents ? "Parents"
                                                                        : "ChildrenFiles";
                         });

}  // namespace
}  // namespace osprey
