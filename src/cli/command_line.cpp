#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/completions_command.h"
#include "cli/dump_command.h"
#include "cli/failure.h"
#include "cli/record_command.h"
#include "cli/subcommand.h"
#include "cli/top_command.h"
#include "cli/usage_error.h"
#include "cli/version.h"

namespace osprey {
namespace {

// `osprey r` is `osprey record` as long as no other subcommand starts so.
std::string Lengthen(std::string_view word, const std::vector<std::string>& subcommands) {
  std::string match;
  for (const std::string& name : subcommands) {
    if (name == word) return name;
    if (!word.empty() && name.starts_with(word)) {
      if (!match.empty()) return std::string(word);
      match = name;
    }
  }
  return match.empty() ? std::string(word) : match;
}

// Takes off `words` what follows "--": it belongs to the command, whatever it looks like.
std::vector<std::string> TakeCommand(std::vector<std::string>& words) {
  const auto separator = std::find(words.begin(), words.end(), "--");
  if (separator == words.end()) return {};
  std::vector<std::string> command(separator + 1, words.end());
  words.erase(separator, words.end());
  return command;
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  CLI::App app("Osprey: a sampling profiler for Python programs", "osprey");
  app.set_version_flag("-V,--version", fmt::format("osprey {}", kOspreyVersion));
  app.require_subcommand(1);
  const std::vector<Subcommand> subcommands = {AddRecordCommand(app), AddTopCommand(app),
                                               AddDumpCommand(app), AddCompletionsCommand(app)};

  std::vector<std::string> words(argv + 1, argv + argc);
  std::vector<std::string> command = TakeCommand(words);
  if (!words.empty()) words[0] = Lengthen(words[0], SubcommandNames(app));
  try {
    // CLI11 takes them from the back.
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::Success& e) {  // --help and --version
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return Fail(UsageError(app, words, e));
  }
  const auto chosen = std::find_if(subcommands.begin(), subcommands.end(),
                                   [](const Subcommand& s) { return s.app->parsed(); });
  if (const auto extra = chosen->app->remaining(); !extra.empty()) {
    return Fail(ExtraWordsError(*chosen, words, extra));
  }
  if (!chosen->takes_command && !command.empty()) {
    return Fail(fmt::format("osprey {0} takes no command after -- (see osprey {0} --help)",
                            chosen->app->get_name()));
  }
  const auto status = chosen->run(std::move(command));
  return status ? *status : Fail(status.error());
}

}  // namespace osprey
