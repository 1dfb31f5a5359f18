#include "cli/output_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace osprey {
namespace {

namespace fs = std::filesystem;

class OutputFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "osprey-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Path(const char* name) const { return (folder_ / name).string(); }
  std::string Content(const char* name) const {
    std::ifstream in(folder_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t FileCount() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(OutputFiles, AppearsWhenItIsWhole) {
  auto file = OutputFile::Create(Path("a"));
  ASSERT_TRUE(file);
  file->stream() << std::string(200000, 'x');
  EXPECT_FALSE(fs::exists(Path("a")));
  ASSERT_TRUE(file->Commit());
  EXPECT_EQ(Content("a").size(), 200000U);
  EXPECT_EQ(FileCount(), 1U);
}

TEST_F(OutputFiles, ReplacesAnOlderOne) {
  std::ofstream(Path("a")) << "old";
  auto file = OutputFile::Create(Path("a"));
  ASSERT_TRUE(file);
  file->stream() << "new";
  EXPECT_EQ(Content("a"), "old");
  ASSERT_TRUE(file->Commit());
  EXPECT_EQ(Content("a"), "new");
  EXPECT_EQ(FileCount(), 1U);
}

TEST_F(OutputFiles, LeavesNothingWhenItIsGivenUp) {
  {
    auto file = OutputFile::Create(Path("a"));
    ASSERT_TRUE(file);
    file->stream() << "half";
  }
  EXPECT_EQ(FileCount(), 0U);
}

TEST_F(OutputFiles, SaysWhatCannotBeWritten) {
  EXPECT_EQ(OutputFile::Create(Path("missing/a")).error().sys_errno, ENOENT);
  EXPECT_EQ(OutputFile::Create(folder_.string()).error().sys_errno, EISDIR);
  auto full = OutputFile::Create("/dev/full");
  ASSERT_TRUE(full);
  full->stream() << "x";
  auto committed = full->Commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().sys_errno, ENOSPC);
}

}  // namespace
}  // namespace osprey
