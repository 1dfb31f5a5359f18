#include "cli/completions.h"

#include <cstdio>

#include "cli/exit_code.h"

namespace osprey {

extern const char kBashCompletions[];
extern const char kZshCompletions[];
extern const char kFishCompletions[];

int PrintCompletions(std::string_view shell) {
  const char* text = kBashCompletions;
  if (shell == "zsh") text = kZshCompletions;
  if (shell == "fish") text = kFishCompletions;
  const bool printed = std::fputs(text, stdout) >= 0 && std::fflush(stdout) == 0;
  return printed ? kExitSuccess : kExitFailed;
}

}  // namespace osprey
