#include "osprey/sampler/program_search.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "target/processes.h"

namespace osprey {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr SearchPace kPace{100, milliseconds(20), 10, milliseconds(100)};

class ProgramSearches : public testing::Test {
 protected:
  // The pause after a look at that age.
  Duration PauseAt(Duration age) {
    EXPECT_EQ(search_.Look(start_ + age, known_), ProgramSearch::Outcome::kNotYet);
    return search_.due() - (start_ + age);
  }

  Pipe go_;
  Child child_ = ForkThatExecutes(go_.read_end.get());
  LiveTarget target_ = *LiveTarget::Open(child_.pid());
  TimePoint start_ = Clock::now();
  KnownRuntimes known_;
  ProgramSearch search_{child_.pid(), target_.start_time(), start_, kPace, false};
};

TEST_F(ProgramSearches, LookEverMoreRarely) {
  EXPECT_EQ(search_.due(), start_);
  EXPECT_EQ(PauseAt(Duration(0)), microseconds(300));
  EXPECT_EQ(PauseAt(seconds(1)), milliseconds(10));
  EXPECT_EQ(PauseAt(hours(1)), milliseconds(20));
}

TEST_F(ProgramSearches, LookOftenAgainAfterAnExec) {
  EXPECT_EQ(PauseAt(Duration(0)), microseconds(300));
  EXPECT_EQ(PauseAt(seconds(1)), milliseconds(10));
  ASSERT_EQ(::write(go_.write_end.get(), "!", 1), 1);
  ASSERT_TRUE(WaitUntil([&] { return target_.CommandLine() == "sleep 1000"; }));
  // It is too early for another search; what is mapped tells. This look still has the old age.
  PauseAt(milliseconds(1010));
  EXPECT_EQ(PauseAt(milliseconds(1020)), microseconds(300));
}

}  // namespace
}  // namespace osprey
