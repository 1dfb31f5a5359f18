#include "cli/usage_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace osprey {
namespace {

bool IsNumber(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

// An option that takes one value and has several; null when there is none.
const CLI::Option* GivenTooOften(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_items_expected_max() == 1 && option->count() > 1) return option;
  }
  return nullptr;
}

// "a, b and c" of at least two.
std::string InWords(const std::vector<std::string>& names) {
  return fmt::format("{} and {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

// "--output: 1 required TEXT missing" begins with the option's name.
std::string_view NameOfOption(std::string_view message) {
  return message.substr(0, message.find(':'));
}

}  // namespace

std::vector<std::string> SubcommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

std::string UsageError(const CLI::App& app, const std::vector<std::string>& words,
                       const CLI::ParseError& error) {
  const auto given = app.get_subcommands();
  if (given.empty()) {
    const std::string names = InWords(SubcommandNames(app));
    if (words.empty() || words[0].starts_with('-')) {
      return fmt::format("a command has to come first: there are {} (see osprey --help)", names);
    }
    return fmt::format("{} is no command of osprey: there are {} (see osprey --help)", words[0],
                       names);
  }
  const CLI::App& command = *given.front();
  std::string problem = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    const CLI::Option* repeated = GivenTooOften(command);
    problem = repeated != nullptr ? fmt::format("{} was given {} times: give it once",
                                                repeated->get_name(), repeated->count())
                                  : fmt::format("{} needs a value", NameOfOption(problem));
  }
  return fmt::format("{} (see osprey {} --help)", problem, command.get_name());
}

std::string ExtraWordsError(const Subcommand& subcommand, const std::vector<std::string>& words,
                            const std::vector<std::string>& extra) {
  const std::string& first = extra.front();
  if (first.starts_with('-')) {
    return fmt::format("{0} is no option of osprey {1} (see osprey {1} --help)", first,
                       subcommand.app->get_name());
  }
  if (IsNumber(first)) {
    return fmt::format("{0} belongs to no option: a process is given by -p {0}{1}", first,
                       subcommand.takes_command ? ", a command after --" : "");
  }
  if (!subcommand.takes_command) {
    return fmt::format("{0} belongs to no option (see osprey {1} --help)", first,
                       subcommand.app->get_name());
  }
  const auto before = words.end() - static_cast<std::ptrdiff_t>(extra.size());
  constexpr std::size_t kShown = 2;
  const auto shown = extra.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, extra.size()));
  return fmt::format("{} belongs to no option: the command goes after --, as in: osprey {} -- {}{}",
                     first, fmt::join(words.begin(), before, " "),
                     fmt::join(extra.begin(), shown, " "), extra.size() > kShown ? " ..." : "");
}

}  // namespace osprey
