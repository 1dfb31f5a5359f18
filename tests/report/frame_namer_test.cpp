#include "osprey/report/frame_namer.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

TEST(FrameNamerTest, PathsAreShortened) {
  EXPECT_EQ(ShortenPath("/usr/lib/python3.11/json/decoder.py", "/a"), "json/decoder.py");
  EXPECT_EQ(ShortenPath("/v/lib/python3.11/site-packages/jinja2/x.py", "/v"), "jinja2/x.py");
  EXPECT_EQ(ShortenPath("/home/ann/shop/api/app.py", "/home/ann/shop"), "api/app.py");
  EXPECT_EQ(ShortenPath("/home/ann/shop/api/app.py", "/home/ann/shop/"), "api/app.py");
  EXPECT_EQ(ShortenPath("/home/ann/shopping/app.py", "/home/ann/shop"), "app.py");
  EXPECT_EQ(ShortenPath("/elsewhere/app.py", ""), "app.py");
  EXPECT_EQ(ShortenPath("api/app.py", "/x"), "api/app.py");
  EXPECT_EQ(ShortenPath("<string>", "/x"), "<string>");
  EXPECT_EQ(ShortenPath("/x/", ""), "/x/");
  EXPECT_EQ(ShortenPath("", ""), "");
}

TEST(FrameNamerTest, NamesFollowTheStyle) {
  StackTable stacks;
  const auto intern = [&](std::string_view s) { return stacks.strings().Intern(s); };
  const Frame line{intern("f"), intern("/w/pkg/a.py"), 12, FrameKind::kPython};
  const Frame native{intern("malloc"), intern("/lib/libc.so.6"), 0, FrameKind::kNative};
  const Frame bare{intern("?"), StringId{}, 0, FrameKind::kNative};
  const Frame thread{intern("thread (0x1): Main"), intern("x"), 3, FrameKind::kThread};
  const FrameNamer plain(stacks, {}, "/w");
  EXPECT_EQ(plain.NameOf(line), "f (pkg/a.py:12)");
  EXPECT_EQ(plain.NameOf(native), "malloc (libc.so.6)");
  EXPECT_EQ(plain.NameOf(bare), "?");
  EXPECT_EQ(plain.NameOf(thread), "thread (0x1): Main");
  EXPECT_EQ(FrameNamer(stacks, {.full_filenames = true}, "/w").NameOf(line), "f (/w/pkg/a.py:12)");
  EXPECT_EQ(FrameNamer(stacks, {.line_numbers = false}, "/w").NameOf(line), "f (pkg/a.py)");
  EXPECT_EQ(FrameNamer(stacks, {.per_function = true}, "/w").NameOf(line), "f (pkg/a.py)");
}

}  // namespace
}  // namespace osprey
