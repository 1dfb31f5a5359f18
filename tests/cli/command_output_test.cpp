#include "cli/command_output.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace osprey {
namespace {

namespace fs = std::filesystem;

void Write(int fd, const std::string& text) {
  ASSERT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

std::string Rest(CommandOutput& output) {
  ::testing::internal::CaptureStdout();
  output.ShowRest();
  return ::testing::internal::GetCapturedStdout();
}

TEST(CommandOutput, IsShownAtTheEnd) {
  auto output = CommandOutput::Open("");
  ASSERT_TRUE(output) << output.error().Message();
  Write(output->fd(), "first\n");
  Write(output->fd(), "second");
  EXPECT_EQ(Rest(*output), "first\nsecond");
}

TEST(CommandOutput, OfMuchOutputTheEndIsShownInWholeLines) {
  auto output = CommandOutput::Open("");
  ASSERT_TRUE(output);
  const std::string line = std::string(99, 'x') + "\n";
  for (int i = 0; i < 20'000; ++i) Write(output->fd(), line);
  Write(output->fd(), "the end\n");
  ::testing::internal::CaptureStderr();
  const std::string shown = Rest(*output);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("of 2000008 bytes"), std::string::npos);
  EXPECT_LE(shown.size(), std::size_t{1} << 20);
  EXPECT_GT(shown.size(), (std::size_t{1} << 20) - 100);
  EXPECT_EQ(shown.substr(0, 100), line);
  EXPECT_TRUE(shown.ends_with("\nthe end\n"));
}

TEST(CommandOutput, GivesBackTheSpaceOfWhatIsNotShown) {
  auto output = CommandOutput::Open("");
  ASSERT_TRUE(output);
  const std::string block(1 << 20, 'x');
  for (int i = 0; i < 80; ++i) Write(output->fd(), block);
  Write(output->fd(), "\nthe end\n");
  struct stat before {};
  ASSERT_EQ(::fstat(output->fd(), &before), 0);
  output->Trim();
  struct stat after {};
  ASSERT_EQ(::fstat(output->fd(), &after), 0);
  EXPECT_EQ(after.st_size, before.st_size);
  EXPECT_LT(after.st_blocks, before.st_blocks / 10);  // /tmp is on a file system that can do it
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(Rest(*output), "the end\n");
  ::testing::internal::GetCapturedStderr();
}

TEST(CommandOutput, GoesIntoALogAlone) {
  const std::string path = ::testing::TempDir() + "command_output_test.log";
  std::ofstream(path) << "what an older run left, which is longer";
  auto output = CommandOutput::Open(path);
  ASSERT_TRUE(output);
  Write(output->fd(), "said\n");
  output->Trim();
  EXPECT_EQ(Rest(*output), "");
  std::ifstream log(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(log), {}), "said\n");
  fs::remove(path);
}

TEST(CommandOutput, SaysWhatCannotBeWritten) {
  const auto output = CommandOutput::Open("/nowhere/log");
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().Message(), "cannot write /nowhere/log: No such file or directory");
}

}  // namespace
}  // namespace osprey
