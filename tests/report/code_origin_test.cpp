#include "report/code_origin.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

CodeOrigin Of(std::string_view file, std::string_view own_root = "/home/ann/shop") {
  return OriginOf(FrameKind::kPython, file, own_root);
}

TEST(CodeOriginTest, PathsSayWhoseCodeItIs) {
  EXPECT_EQ(Of("<frozen importlib._bootstrap>"), CodeOrigin::kStdlib);
  EXPECT_EQ(Of("/usr/lib/python3.11/json/decoder.py"), CodeOrigin::kStdlib);
  EXPECT_EQ(Of("/opt/py/lib/python3.13t/json/decoder.py"), CodeOrigin::kStdlib);
  EXPECT_EQ(Of("/usr/lib64/python3.9/os.py"), CodeOrigin::kStdlib);
  EXPECT_EQ(Of("/usr/lib/python311.zip/os.py"), CodeOrigin::kStdlib);
  EXPECT_EQ(Of("/usr/lib/python3/dist-packages/yaml/reader.py"), CodeOrigin::kThirdParty);
  EXPECT_EQ(Of("/home/ann/shop/.venv/lib/python3.11/site-packages/a.py"), CodeOrigin::kThirdParty);
  EXPECT_EQ(Of("/home/ann/shop/app.py"), CodeOrigin::kOwn);
  EXPECT_EQ(Of("app.py"), CodeOrigin::kOwn);
  EXPECT_EQ(Of("<string>"), CodeOrigin::kOwn);
  EXPECT_EQ(Of(""), CodeOrigin::kOwn);
  EXPECT_EQ(Of("/home/ann/python3.11/app.py"), CodeOrigin::kOwn);
}

TEST(CodeOriginTest, APackageThatOneWorksInIsOnesOwn) {
  EXPECT_EQ(Of("/usr/lib/python3/dist-packages/mine/a.py", "/usr/lib/python3/dist-packages/mine"),
            CodeOrigin::kOwn);
  EXPECT_EQ(Of("/usr/lib/python3.11/os.py", "/"), CodeOrigin::kStdlib);
}

TEST(CodeOriginTest, KindsComeBeforePaths) {
  EXPECT_EQ(OriginOf(FrameKind::kNative, "/usr/lib/python3.11/x.so"), CodeOrigin::kNative);
  EXPECT_EQ(OriginOf(FrameKind::kThread, ""), CodeOrigin::kRoot);
  EXPECT_EQ(OriginOf(FrameKind::kProcess, ""), CodeOrigin::kRoot);
  EXPECT_EQ(OriginOf(FrameKind::kMarker, ""), CodeOrigin::kRoot);
  EXPECT_EQ(OriginOf(FrameKind::kTask, ""), CodeOrigin::kTask);
}

}  // namespace
}  // namespace osprey
