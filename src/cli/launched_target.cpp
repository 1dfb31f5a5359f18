#include "cli/launched_target.h"

#include <utility>

namespace osprey {

Result<LaunchedTarget> LaunchedTarget::Start(const std::vector<std::string>& command,
                                             const Redirections& redirections) {
  auto child = LaunchedProcess::Start(command, redirections);
  if (!child) return child.error();
  LaunchedTarget launched{std::move(*child), std::nullopt, std::nullopt};
  auto opened = LiveTarget::Open(launched.child.pid());
  if (opened) {
    launched.target = std::move(*opened);
  } else if (opened.error().code != ErrorCode::kNoSuchProcess && !launched.child.PollExit()) {
    launched.problem = opened.error();
  }
  return launched;
}

std::string JoinCommand(const std::vector<std::string>& command) {
  std::string text;
  for (const std::string& word : command) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

}  // namespace osprey
