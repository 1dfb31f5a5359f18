// LineOf beside the interpreters' own PyCode_Addr2Line, over their standard libraries.
#include <glob.h>
#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "golden/hex.h"
#include "osprey/python/layout.h"
#include "osprey/python/line_table.h"

namespace osprey {
namespace {

std::string OutputOf(const std::string& command) {
  struct Close {
    void operator()(FILE* file) const { ::pclose(file); }
  };
  const std::unique_ptr<FILE, Close> pipe(::popen(command.c_str(), "re"));
  std::string text;
  std::array<char, 65536> part{};
  while (pipe) {
    const std::size_t size = std::fread(part.data(), 1, part.size(), pipe.get());
    if (size == 0) break;
    text.append(part.data(), size);
  }
  return text;
}

// Debian's Python, which must be there, and those of pyenv that are.
std::vector<std::string> Interpreters() {
  std::vector<std::string> paths = {"/usr/bin/python3"};
  const char* home = std::getenv("HOME");
  for (int minor = 6; home != nullptr && minor <= 15; ++minor) {
    const std::string pattern =
        std::string(home) + "/.pyenv/versions/3." + std::to_string(minor) + ".*/bin/python3";
    glob_t found{};
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
      paths.emplace_back(found.gl_pathv[0]);
    } else {
      std::printf("Python 3.%d: not on this machine\n", minor);
    }
    ::globfree(&found);
  }
  return paths;
}

TEST(LineTableOfInterpreters, SaysWhatTheySayThemselves) {
  for (const std::string& python : Interpreters()) {
    SCOPED_TRACE(python);
    int minor = 0;
    const std::string version =
        OutputOf(python + " -c 'import sys; print(sys.version_info.minor)'");
    std::from_chars(version.data(), version.data() + version.size(), minor);
    const Layout* layout = FindLayout({3, minor, 0});
    ASSERT_NE(layout, nullptr) << version;

    std::istringstream lines(
        OutputOf(python + " " OSPREY_SOURCE_DIR "/tests/python/dump_line_tables.py"));
    std::string line;
    int codes = 0;
    int units = 0;
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::int32_t first_line = 0;
      std::string hex;
      words >> first_line >> hex;
      const auto table = FromHex(hex);
      EXPECT_EQ(LineOf(layout->line_table, table, first_line, -1),
                static_cast<std::uint32_t>(first_line));
      std::int64_t offset = 0;
      int count = 0;
      char star = 0;
      std::uint32_t expected = 0;
      while (words >> count >> star >> expected) {
        units += count;
        for (; count > 0; --count, offset += 2) {
          ASSERT_EQ(LineOf(layout->line_table, table, first_line, offset), expected)
              << "at " << offset << " with " << hex << " from " << first_line;
        }
      }
      ++codes;
    }
    std::printf("%s: %d code objects, %d code units\n", python.c_str(), codes, units);
    EXPECT_GT(codes, 200);
    EXPECT_GT(units, 10000);
  }
}

}  // namespace
}  // namespace osprey
