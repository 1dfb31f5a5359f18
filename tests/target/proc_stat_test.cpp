#include "target/proc_stat.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace osprey {
namespace {

// The text of a stat file; fields 4 to 30 hold their own number unless named here.
std::string StatText(const std::string& name, const std::string& state, std::uint64_t flags = 9) {
  std::string text = fmt::format("4242 ({}) {}", name, state);
  for (std::uint64_t field = 4; field <= 30; ++field) {
    text += fmt::format(" {}", field == 9 ? flags : field);
  }
  return text + "\n";
}

TEST(ProcessStat, FindsItsFieldsBehindAnyName) {
  for (const char* name : {"python3", "", "a b", "a) R 1 2 3", ")))", "((", "tab\there\n"}) {
    const auto stat = ParseProcessStat(StatText(name, "S"));
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->state, 'S') << name;
    EXPECT_EQ(stat->parent, 4) << name;
    EXPECT_EQ(stat->session, 6) << name;
    EXPECT_EQ(stat->start_time, 22u) << name;
    EXPECT_EQ(stat->start_stack, 28u) << name;
    EXPECT_FALSE(stat->is_kernel_thread) << name;
  }
}

TEST(ProcessStat, KnowsKernelThreadsAndTheDead) {
  EXPECT_TRUE(ParseProcessStat(StatText("kthreadd", "S", 2129984))->is_kernel_thread);
  for (const char* state : {"Z", "X", "x"}) {
    EXPECT_TRUE(ParseProcessStat(StatText("a", state))->has_ended()) << state;
  }
  for (const char* state : {"R", "S", "D", "T", "t", "I"}) {
    EXPECT_FALSE(ParseProcessStat(StatText("a", state))->has_ended()) << state;
  }
}

TEST(ProcessStat, TellsAStrangerWithTheSamePid) {
  const auto stat = ParseProcessStat(StatText("a", "S"));
  EXPECT_TRUE(IsStillRunning(*stat, 22));
  EXPECT_FALSE(IsStillRunning(*stat, 21));
  EXPECT_FALSE(IsStillRunning(*ParseProcessStat(StatText("a", "Z")), 22));
}

TEST(ProcessStat, RefusesEveryCutBeforeTheLastField) {
  const std::string text = StatText("a", "S");
  const std::size_t needed = text.find(" 28") + 2;
  for (std::size_t length = 0; length < needed; ++length) {
    const auto stat = ParseProcessStat(std::string_view(text).substr(0, length));
    ASSERT_FALSE(stat) << length;
    EXPECT_EQ(stat.error().code, ErrorCode::kMalformed);
  }
  EXPECT_FALSE(ParseProcessStat("1 (a) S 4 5 6 7 8 -9 10"));
  EXPECT_FALSE(ParseProcessStat("1 (a) SS 4 5"));
}

TEST(ProcessStat, ReadsOurOwn) {
  const auto stat = ReadProcessStat(::getpid());
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->state, 'R');
  EXPECT_GT(stat->start_time, 0u);
  EXPECT_GT(stat->start_stack, 0u);
}

TEST(ProcessStatus, FindsLeaderAndEffectiveUser) {
  const auto status = ParseProcessStatus("Name:\tTgid:\nTgid:\t7\nPid:\t8\nUid:\t1\t2\t3\t4\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->leader, 7);
  EXPECT_EQ(status->owner, 2u);
  for (const char* text : {"", "Tgid:\t7\n", "Uid:\t1\t2\t3\t4\n", "Tgid:\tx\nUid:\t1\t2\n",
                           "Tgid:\t7\nUid:\t1\n", "Tgid:\t7\nUid:\t1\t-2\n"}) {
    EXPECT_FALSE(ParseProcessStatus(text)) << text;
  }
}

TEST(ProcessStatus, TellsWhetherAThreadRests) {
  const std::string ids = "Tgid:\t7\nUid:\t1\t2\t3\t4\n";
  const std::string counts = "voluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t545\n";
  for (const char* state : {"S (sleeping)", "D (disk sleep)", "T (stopped)", "t (tracing stop)"}) {
    const auto status = ParseProcessStatus(std::string("State:\t") + state + "\n" + ids + counts);
    ASSERT_TRUE(status);
    EXPECT_TRUE(status->rests()) << state;
    EXPECT_EQ(status->switches, 695U);
  }
  for (const std::string& text :
       {"State:\tR (running)\n" + ids + counts, "State:\tS (sleeping)\n" + ids,
        "State:\tSS\n" + ids + counts, ids + counts,
        "State:\tS (sleeping)\n" + ids + "voluntary_ctxt_switches:\t150\n",
        "State:\tZ (zombie)\n" + ids + counts}) {
    const auto status = ParseProcessStatus(text);
    ASSERT_TRUE(status);
    EXPECT_FALSE(status->rests()) << text;
  }
}

TEST(NamespacePids, AreAllInTheirOrder) {
  EXPECT_EQ(ParseNamespacePids("Name:\tNSpid:\nTgid:\t7\nNSpid:\t700\t17\t1\nUid:\t0\n"),
            (std::vector<pid_t>{700, 17, 1}));
  EXPECT_TRUE(ParseNamespacePids("Name:\ta\nTgid:\t7\n").empty());
  EXPECT_TRUE(ParseNamespacePids("").empty());
  const auto own = ReadNamespacePids(::getpid(), "status");
  ASSERT_FALSE(own.empty());
  EXPECT_EQ(own.front(), ::getpid());
}

}  // namespace
}  // namespace osprey
