#include "cli/default_path.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace osprey {
namespace {

TEST(DefaultPath, HasTheScriptsName) {
  EXPECT_EQ(DefaultPath("/usr/bin/python3 -X dev /srv/app.py --port 80", Format::kFlamegraph)
                .substr(0, 4),
            "app-");
}

TEST(DefaultPath, AFileThatIsThereIsNotWrittenOver) {
  const std::string folder =
      ::testing::TempDir() + "osprey-default-path-" + std::to_string(::getpid());
  std::filesystem::create_directory(folder);
  const std::string path = folder + "/app-1.svg";
  EXPECT_EQ(FreePath(path, Format::kFlamegraph), path);
  std::ofstream(path) << "x";
  EXPECT_EQ(FreePath(path, Format::kFlamegraph), folder + "/app-1-2.svg");
  std::ofstream(folder + "/app-1-2.svg") << "x";
  EXPECT_EQ(FreePath(path, Format::kFlamegraph), folder + "/app-1-3.svg");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace osprey
