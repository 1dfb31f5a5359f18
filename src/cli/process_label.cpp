#include "cli/process_label.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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

ProcessRoot::ProcessRoot(StackTable& stacks, const LiveTarget& target, std::string identity)
    : identity_(std::move(identity)), command_(target.CommandLine()) {
  Frame frame;
  frame.function = stacks.strings().Intern(ProcessLabel(target.pid(), command_));
  frame.kind = FrameKind::kProcess;
  frame_ = stacks.InternFrame(frame);
  stack_ = stacks.Push(kRootStack, frame_);
}

void ProcessRoot::Refresh(StackTable& stacks, const LiveTarget& target) {
  std::string command = target.Title();
  if (command.empty() || command == command_) return;
  // Asked after the command was read: a stranger's, or another program's.
  if (target.ProgramIdentity() != identity_) return;
  command_ = std::move(command);
  stacks.Rename(frame_, stacks.strings().Intern(ProcessLabel(target.pid(), command_)));
}

}  // namespace osprey
