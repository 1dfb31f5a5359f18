#include "cli/process_label.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

TEST(ProcessLabel, HasThePidAndTheCommand) {
  EXPECT_EQ(ProcessLabel(42, "python3 app.py -v"), "process 42: python3 app.py -v");
  EXPECT_EQ(ProcessLabel(42, ""), "process 42: ");
}

TEST(ProcessLabel, IsOneLine) {
  EXPECT_EQ(ProcessLabel(42, "python3 -c a\n\tb\x1b[31m\x7f"), "process 42: python3 -c a  b [31m ");
}

TEST(ProcessLabel, EndsBetweenTwoCharacters) {
  EXPECT_EQ(ProcessLabel(1, std::string(200, 'x')), "process 1: " + std::string(200, 'x'));
  EXPECT_EQ(ProcessLabel(1, std::string(201, 'x')), "process 1: " + std::string(200, 'x') + "...");
  std::string umlauts;
  for (int i = 0; i < 101; ++i) umlauts += "\xc3\xa4";
  EXPECT_EQ(ProcessLabel(1, "x" + umlauts), "process 1: x" + umlauts.substr(0, 198) + "...");
  EXPECT_EQ(ProcessLabel(1, std::string(300, '\x80')), "process 1: ...");
}

}  // namespace
}  // namespace osprey
