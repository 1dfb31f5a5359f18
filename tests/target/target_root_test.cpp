#include "osprey/target/target_root.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "target/processes.h"

namespace osprey {
namespace {

namespace fs = std::filesystem;

class RootsOfOthers : public testing::Test {
 protected:
  RootsOfOthers() {
    fs::create_directories(path_ / "folder");
    std::ofstream(path_ / "folder/file") << "inside";
    // What an absolute link and too many ".." would lead to from here.
    std::ofstream(temp_.path() / "outside") << "outside";
  }

  // What the file at that path says; empty where it cannot be opened.
  std::string Text(const std::string& path) {
    auto file = root_->Open(path);
    if (!file) return "";
    char text[16];
    const ssize_t size = ::read(file->get(), text, sizeof text);
    return {text, size > 0 ? static_cast<std::size_t>(size) : 0};
  }

  TempDir temp_;
  const fs::path path_ = fs::canonical(temp_.path()) / "root";
  Child child_ = [&] {
    fs::create_directories(path_);
    return ForkInRoot(path_);
  }();
  std::shared_ptr<const TargetRoot> root_ = TargetRoot::OfProcess(child_.pid());
};

TEST_F(RootsOfOthers, AreNullWhereTheyAreOurs) {
  const Child child = ForkIdle();
  EXPECT_EQ(TargetRoot::OfProcess(child.pid()), nullptr);
  EXPECT_EQ(TargetRoot::OfProcess(0x7FFFFFFF), nullptr);
}

TEST_F(RootsOfOthers, HaveTheirFiles) {
  ASSERT_TRUE(root_);
  EXPECT_EQ(Text("/folder/file"), "inside");
  EXPECT_EQ(Text("/etc/passwd"), "");
}

TEST_F(RootsOfOthers, OutliveTheirProcess) {
  ASSERT_TRUE(root_);
  child_.Reap();
  EXPECT_EQ(Text("/folder/file"), "inside");
}

TEST_F(RootsOfOthers, AreNotLeft) {
  ASSERT_TRUE(root_);
  fs::create_symlink("/folder/file", path_ / "absolute");
  fs::create_symlink(temp_.path() / "outside", path_ / "folder/other");
  fs::create_symlink("../../../outside", path_ / "folder/upwards");
  EXPECT_EQ(Text("/absolute"), "inside");
  EXPECT_EQ(Text("/folder/other"), "");
  EXPECT_EQ(Text("/folder/upwards"), "");
  EXPECT_EQ(Text("/../outside"), "");
}

TEST_F(RootsOfOthers, KeepNobodyWaiting) {
  ASSERT_TRUE(root_);
  ASSERT_EQ(::mkfifo((path_ / "pipe").c_str(), 0600), 0);
  for (const char* path : {"/pipe", "/folder", "/", ""}) {
    const auto file = root_->Open(path);
    ASSERT_FALSE(file) << path;
    EXPECT_EQ(file.error().code, ErrorCode::kNotFound) << path;
  }
}

TEST_F(RootsOfOthers, AreTheSameOfTwoProcesses) {
  ASSERT_TRUE(root_);
  const Child other = ForkInRoot(path_);
  const Child deeper = ForkInRoot(path_ / "folder");
  EXPECT_TRUE(TargetRoot::OfProcess(other.pid())->IsSame(*root_));
  EXPECT_FALSE(TargetRoot::OfProcess(deeper.pid())->IsSame(*root_));
}

TEST_F(RootsOfOthers, AreInFrontOfWhatIsMapped) {
  ASSERT_TRUE(root_);
  EXPECT_EQ(root_->Inside(path_.string() + "/lib/x.so"), "/lib/x.so");
  EXPECT_EQ(root_->Inside(path_.string() + "2/lib/x.so"), path_.string() + "2/lib/x.so");
  EXPECT_EQ(root_->Inside("/lib/x.so"), "/lib/x.so");
  EXPECT_EQ(root_->Inside("[vdso]"), "[vdso]");
}

}  // namespace
}  // namespace osprey
