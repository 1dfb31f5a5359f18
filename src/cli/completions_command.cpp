#include "cli/completions_command.h"

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.h"

namespace osprey {

extern const char kBashCompletions[];
extern const char kZshCompletions[];
extern const char kFishCompletions[];

namespace {

// Prints the script for "bash", "zsh" or "fish" on standard output. Returns the exit status.
int PrintCompletions(std::string_view shell) {
  const char* text = kBashCompletions;
  if (shell == "zsh") text = kZshCompletions;
  if (shell == "fish") text = kFishCompletions;
  const bool printed = std::fputs(text, stdout) >= 0 && std::fflush(stdout) == 0;
  return printed ? kExitSuccess : kExitFailed;
}

}  // namespace

Subcommand AddCompletionsCommand(CLI::App& app) {
  CLI::App* completions = app.add_subcommand("completions", "Print a shell's completions");
  const auto shell = std::make_shared<std::string>();
  completions->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  return {completions, false, [shell](const std::vector<std::string>&) -> Result<int> {
            return PrintCompletions(*shell);
          }};
}

}  // namespace osprey
