#include "target/child_search.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "osprey/target/process_tree.h"
#include "target/proc_file.h"
#include "target/proc_stat.h"
#include "target/text_scan.h"

namespace osprey {
namespace {

// Linux has at most 2^22 processes (PID_MAX_LIMIT), of up to 7 digits and a blank each.
constexpr std::size_t kChildrenLimit = std::size_t{1} << 25;

// The names in a directory that are numbers.
std::vector<pid_t> NumbersIn(const std::string& path) {
  std::vector<pid_t> numbers;
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> closer(directory, ::closedir);
  while (const dirent* entry = ::readdir(directory)) {
    if (auto number = WholeNumber<pid_t>(entry->d_name)) numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace

ChildSearch AvailableChildSearch() {
  const std::string file = fmt::format("/proc/self/task/{}/children", ::getpid());
  return ::access(file.c_str(), R_OK) == 0 ? ChildSearch::kChildrenFiles : ChildSearch::kParents;
}

std::vector<pid_t> ParseChildren(std::string_view text) {
  std::vector<pid_t> children;
  while (const auto pid = WholeNumber<pid_t>(TakeWord(text))) children.push_back(*pid);
  return children;
}

std::vector<pid_t> ChildrenOf(pid_t pid) {
  std::vector<pid_t> children;
  for (const pid_t thread : NumbersIn(fmt::format("/proc/{}/task", pid))) {
    const auto text = ReadProcFile(pid, fmt::format("task/{}/children", thread), kChildrenLimit);
    if (!text) continue;
    const std::vector<pid_t> some = ParseChildren(*text);
    children.insert(children.end(), some.begin(), some.end());
  }
  return children;
}

bool HasHadChildren(pid_t pid) {
  const auto stat = ReadProcessStat(pid);
  return (stat && stat->child_faults > 0) || !ChildrenOf(pid).empty();
}

std::multimap<pid_t, pid_t> ChildrenOfAll() {
  std::multimap<pid_t, pid_t> children;
  for (const pid_t pid : NumbersIn("/proc")) {
    if (const auto stat = ReadProcessStat(pid)) children.emplace(stat->parent, pid);
  }
  return children;
}

}  // namespace osprey
