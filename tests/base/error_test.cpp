#include "osprey/base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace osprey {
namespace {

TEST(Error, SaysOnlyWhatItKnows) {
  EXPECT_EQ((Error{ErrorCode::kNotFound, 0, Address{}, "no such section"}).Message(),
            "no such section");
  EXPECT_EQ((Error{ErrorCode::kIo, ENOENT, Address{}, "cannot open x"}).Message(),
            "cannot open x: No such file or directory");
  EXPECT_EQ((Error{ErrorCode::kUnreadable, EFAULT, Address(0x1000), "cannot read"}).Message(),
            "cannot read at 0x1000: Bad address");
}

TEST(Error, KeepsTheErrnoOfTheMomentItIsMade) {
  errno = EACCES;
  const Error error = ErrnoError(ErrorCode::kNotPermitted, "cannot open a file whose name is long");
  errno = 0;
  EXPECT_EQ(error.sys_errno, EACCES);
  EXPECT_EQ(error.code, ErrorCode::kNotPermitted);
}

}  // namespace
}  // namespace osprey
