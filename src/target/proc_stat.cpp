#include "target/proc_stat.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "target/proc_file.h"
#include "target/text_scan.h"

namespace osprey {
namespace {

constexpr std::uint64_t kKernelThreadFlag = 0x00200000;  // PF_KTHREAD, linux/sched.h
constexpr std::size_t kStatLimit = 4096;     // 52 numbers of at most 20 digits, and a name of 64
constexpr std::size_t kStatusLimit = 65536;  // a few kB: the lists of groups and CPUs may be long

Error Malformed(std::string_view what) {
  return Error{ErrorCode::kMalformed, 0, Address{}, std::string(what)};
}

}  // namespace

Result<ProcessStat> ReadProcessStat(pid_t pid) {
  auto text = ReadProcFile(pid, "stat", kStatLimit);
  if (!text) return text.error();
  return ParseProcessStat(*text);
}

Result<ProcessStat> ParseProcessStat(std::string_view text) {
  // The last bracket: the name between the brackets may hold brackets itself.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return Malformed("a stat file without a command name");
  text.remove_prefix(name_end + 1);

  ProcessStat stat;
  const std::string_view state = TakeWord(text);
  if (state.size() != 1) return Malformed("a stat file without a state");
  stat.state = state[0];
  for (int field = 4; field <= 28; ++field) {
    const std::string_view word = TakeWord(text);
    constexpr std::array kWanted = {4, 6, 9, 11, 20, 22, 28};
    if (std::find(kWanted.begin(), kWanted.end(), field) == kWanted.end()) continue;
    const auto number = WholeNumber<std::uint64_t>(word);
    if (!number) return Malformed("a stat file with a field that is not a number");
    if (field == 4) stat.parent = static_cast<pid_t>(*number);
    if (field == 6) stat.session = static_cast<pid_t>(*number);
    if (field == 9) stat.is_kernel_thread = (*number & kKernelThreadFlag) != 0;
    if (field == 11) stat.child_faults = *number;
    if (field == 20) stat.threads = *number;
    if (field == 22) stat.start_time = *number;
    if (field == 28) stat.start_stack = *number;
  }
  std::string_view last;
  for (int field = 29; field <= 39; ++field) last = TakeWord(text);
  stat.processor = WholeNumber<int>(last).value_or(-1);
  return stat;
}

Result<ProcessStatus> ReadProcessStatus(pid_t pid) {
  auto text = ReadProcFile(pid, "status", kStatusLimit);
  if (!text) return text.error();
  return ParseProcessStatus(*text);
}

Result<ProcessStat> ReadThreadStat(pid_t pid, pid_t tid) {
  auto text = ReadProcFile(pid, fmt::format("task/{}/stat", tid), kStatLimit);
  if (!text) return text.error();
  return ParseProcessStat(*text);
}

Result<ProcessStatus> ReadThreadStatus(pid_t pid, pid_t tid) {
  auto text = ReadProcFile(pid, fmt::format("task/{}/status", tid), kStatusLimit);
  if (!text) return text.error();
  return ParseProcessStatus(*text);
}

Result<ProcessStatus> ParseProcessStatus(std::string_view text) {
  std::optional<pid_t> leader;
  std::optional<uid_t> owner;
  ProcessStatus status;
  std::optional<std::uint64_t> voluntary;
  std::optional<std::uint64_t> forced;
  while (auto line = TakeLine(text)) {
    const std::string_view key = TakeWord(*line);
    if (key == "State:") {
      const std::string_view word = TakeWord(*line);
      if (word.size() == 1) status.state = word.front();
    } else if (key == "voluntary_ctxt_switches:") {
      voluntary = WholeNumber<std::uint64_t>(TakeWord(*line));
    } else if (key == "nonvoluntary_ctxt_switches:") {
      forced = WholeNumber<std::uint64_t>(TakeWord(*line));
    } else if (key == "Tgid:") {
      leader = WholeNumber<pid_t>(TakeWord(*line));
    } else if (key == "Uid:") {
      TakeWord(*line);  // the real user stands before the effective one
      owner = WholeNumber<uid_t>(TakeWord(*line));
    } else if (key == "TracerPid:") {
      status.tracer = WholeNumber<pid_t>(TakeWord(*line)).value_or(0);
    }
  }
  if (!leader || !owner) return Malformed("a status file without Tgid or Uid");
  status.leader = *leader;
  status.owner = *owner;
  if (voluntary && forced) status.switches = *voluntary + *forced;
  return status;
}

std::vector<pid_t> ReadNamespacePids(pid_t pid, std::string_view name) {
  const auto text = ReadProcFile(pid, name, kStatusLimit);
  return text ? ParseNamespacePids(*text) : std::vector<pid_t>();
}

std::vector<pid_t> ParseNamespacePids(std::string_view text) {
  std::vector<pid_t> pids;
  while (auto line = TakeLine(text)) {
    if (TakeWord(*line) != "NSpid:") continue;
    while (const auto pid = WholeNumber<pid_t>(TakeWord(*line))) pids.push_back(*pid);
    break;
  }
  return pids;
}

}  // namespace osprey
