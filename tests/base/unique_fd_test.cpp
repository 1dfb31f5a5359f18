#include "osprey/base/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <utility>

namespace osprey {
namespace {

bool IsOpen(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

UniqueFd OpenNull() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

TEST(UniqueFd, ClosesWhatItHolds) {
  int number;
  {
    const UniqueFd fd = OpenNull();
    number = fd.get();
    ASSERT_TRUE(IsOpen(number));
  }
  EXPECT_FALSE(IsOpen(number));
}

TEST(UniqueFd, MovesWithoutClosing) {
  UniqueFd first = OpenNull();
  const int number = first.get();
  UniqueFd second = std::move(first);
  EXPECT_FALSE(first.valid());  // NOLINT: what a moved-from one is, is the point
  EXPECT_EQ(second.get(), number);
  EXPECT_TRUE(IsOpen(number));

  UniqueFd third = OpenNull();
  const int closed = third.get();
  third = std::move(second);
  EXPECT_FALSE(IsOpen(closed));
  EXPECT_TRUE(IsOpen(number));
}

TEST(UniqueFd, ReleasesToTheCaller) {
  UniqueFd fd = OpenNull();
  const int number = fd.Release();
  EXPECT_FALSE(fd.valid());
  EXPECT_TRUE(IsOpen(number));
  ::close(number);
}

}  // namespace
}  // namespace osprey
