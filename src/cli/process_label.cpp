#include "cli/process_label.h"

#include <fmt/format.h>

#include <algorithm>

namespace osprey {
namespace {

constexpr std::size_t kLongestCommand = 200;  // bytes: more than a line of any report shows

}  // namespace

std::string ProcessLabel(pid_t pid, std::string_view command) {
  std::string text(command.substr(0, kLongestCommand));
  if (text.size() < command.size()) {
    // Not in the middle of a character: bytes that begin with the bits 10 continue one.
    std::size_t end = text.size();
    while (end > 0 && (static_cast<unsigned char>(command[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
    text += "...";
  }
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return fmt::format("process {}: {}", pid, text);
}

StackId PushProcess(StackTable& stacks, const LiveTarget& target) {
  Frame frame;
  frame.function = stacks.strings().Intern(ProcessLabel(target.pid(), target.CommandLine()));
  frame.kind = FrameKind::kProcess;
  return stacks.Push(kRootStack, stacks.InternFrame(frame));
}

}  // namespace osprey
