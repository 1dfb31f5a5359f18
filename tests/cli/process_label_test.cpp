#include "cli/process_label.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "target/processes.h"

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

// Between an execve and the look that notices it: the samples so far are not of what it is now.
TEST(ProcessRoot, DoesNotTakeTheCommandOfAProgramThatWasExecutedSince) {
  Pipe go;
  const Child child = ForkThatExecutes(go.read_end.get());
  const auto target = LiveTarget::Open(child.pid());
  ASSERT_TRUE(target);
  StackTable stacks;
  ProcessRoot root(stacks, *target, *target->ProgramIdentity());
  const auto name = [&] {
    return stacks.strings().Get(stacks.frame(stacks.Frames(root.stack()).front()).function);
  };
  const std::string before(name());
  ASSERT_EQ(::write(go.write_end.get(), "!", 1), 1);
  ASSERT_TRUE(WaitUntil([&] { return target->CommandLine() == "sleep 1000"; }));
  root.Refresh(stacks, *target);
  EXPECT_EQ(name(), before);
  const ProcessRoot another(stacks, *target, *target->ProgramIdentity());
  EXPECT_EQ(stacks.strings().Get(stacks.frame(stacks.Frames(another.stack()).front()).function),
            ProcessLabel(target->pid(), "sleep 1000"));
}

}  // namespace
}  // namespace osprey
