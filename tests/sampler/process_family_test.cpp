// Which programs of a family are found, and how often.
#include "osprey/sampler/process_family.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include "target/processes.h"

namespace osprey {
namespace {

constexpr Duration kAWhile = std::chrono::milliseconds(200);

class ProgramsWithoutPython : public testing::Test {
 protected:
  void Watch(pid_t root, bool with_native) {
    auto family = ProcessFamily::Start(root, false, with_native);
    ASSERT_TRUE(family);
    family_ = std::move(*family);
  }

  // Polls until so many were found in all, or an error says that there will be none.
  bool Finds(std::size_t count) {
    return WaitUntil([&] {
      const auto outlook = family_->Poll(Clock::now(), found_);
      if (!outlook) problem_ = outlook.error();
      return problem_ || found_.size() >= count;
    });
  }

  // How many were found in all when some time has passed.
  std::size_t FoundLater() {
    const TimePoint end = Clock::now() + kAWhile;
    WaitUntil([&] {
      static_cast<void>(family_->Poll(Clock::now(), found_));
      return Clock::now() >= end;
    });
    return found_.size();
  }

  std::unique_ptr<ProcessFamily> family_;
  std::vector<FoundProgram> found_;
  std::optional<Error> problem_;
};

TEST_F(ProgramsWithoutPython, AreFoundWhereNativeStacksAreWanted) {
  const Child root = Fork([] {
    const pid_t child = ::fork();
    if (child == 0) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (true) ::pause();
  });
  Watch(root.pid(), true);
  ASSERT_TRUE(Finds(2));
  ASSERT_FALSE(problem_) << problem_->Message();
  EXPECT_EQ(found_[0].target.pid(), root.pid());
  EXPECT_EQ(found_[1].target.Parent(), root.pid());
  for (const FoundProgram& program : found_) EXPECT_FALSE(program.runtime);
  EXPECT_EQ(FoundLater(), 2U);
}

TEST_F(ProgramsWithoutPython, AreNotFoundElsewhere) {
  const Child root = ForkIdle();
  Watch(root.pid(), false);
  ASSERT_TRUE(Finds(1));
  ASSERT_TRUE(problem_);
  EXPECT_EQ(problem_->code, ErrorCode::kNotFound);
}

TEST_F(ProgramsWithoutPython, AreFoundAgainWhenTheyExecuteOthers) {
  const Pipe go;
  const Child root = ForkThatExecutes(go.read_end.get());
  Watch(root.pid(), true);
  ASSERT_TRUE(Finds(1));
  ASSERT_EQ(::write(go.write_end.get(), "!", 1), 1);
  ASSERT_TRUE(Finds(2));
  EXPECT_EQ(found_[1].target.pid(), root.pid());
  EXPECT_NE(found_[1].identity, found_[0].identity);
  // One that is looked at in the middle of it is found once more.
  if (found_[1].identity != found_[1].target.ProgramIdentity()) {
    ASSERT_TRUE(Finds(3));
  }
  EXPECT_EQ(found_.back().identity, found_.back().target.ProgramIdentity());
}

TEST_F(ProgramsWithoutPython, AreNotFoundAgainWhenTheyCouldNotBeSampled) {
  const Child root = ForkIdle();
  Watch(root.pid(), true);
  ASSERT_TRUE(Finds(1));
  family_->Release(found_[0].target, found_[0].identity);
  EXPECT_EQ(FoundLater(), 1U);
}

}  // namespace
}  // namespace osprey
