#include "osprey/target/process_usage.h"

#include <fmt/format.h>
#include <unistd.h>

#include <string>

#include "target/proc_file.h"
#include "target/text_scan.h"

namespace osprey {
namespace {

constexpr std::size_t kLimit =
    4096;  // 52 numbers of at most 20 digits are the longest of the three

Error Malformed(std::string_view what) {
  return Error{ErrorCode::kMalformed, 0, Address{}, std::string(what)};
}

}  // namespace

Result<void> ParseUsageStat(std::string_view text, double ticks_per_second,
                            ProcessMetrics& metrics) {
  // The last bracket: the name between the brackets may hold brackets itself.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return Malformed("a stat file without a command name");
  text.remove_prefix(name_end + 1);
  const std::string_view state = TakeWord(text);
  if (state == "Z" || state == "X" || state == "x") {
    return Error{ErrorCode::kNoSuchProcess, 0, Address{}, "the process has ended"};
  }
  for (int field = 4; field <= 22; ++field) {
    const std::string_view word = TakeWord(text);
    if (field != 10 && field != 12 && field != 14 && field != 15 && field != 22) continue;
    const auto number = WholeNumber<std::uint64_t>(word);
    if (!number) return Malformed("a stat file with a field that is not a number");
    const double seconds = static_cast<double>(*number) / ticks_per_second;
    if (field == 10) metrics.minor_faults = *number;
    if (field == 12) metrics.major_faults = *number;
    if (field == 14) metrics.user_s = seconds;
    if (field == 15) metrics.system_s = seconds;
    if (field == 22) metrics.start_time = *number;
  }
  return {};
}

Result<void> ParseUsageStatm(std::string_view text, std::uint64_t page_bytes,
                             ProcessMetrics& metrics) {
  TakeWord(text);  // the size of the address space stands first
  const auto pages = WholeNumber<std::uint64_t>(TakeWord(text));
  if (!pages) return Malformed("a statm file without a number of resident pages");
  metrics.resident_bytes = *pages * page_bytes;
  return {};
}

Result<void> ParseUsageIo(std::string_view text, ProcessMetrics& metrics) {
  std::optional<std::uint64_t> read;
  std::optional<std::uint64_t> written;
  while (auto line = TakeLine(text)) {
    const std::string_view key = TakeWord(*line);
    if (key == "rchar:") read = WholeNumber<std::uint64_t>(TakeWord(*line));
    if (key == "wchar:") written = WholeNumber<std::uint64_t>(TakeWord(*line));
  }
  if (!read || !written) return Malformed("an io file without rchar or wchar");
  metrics.read_bytes = read;
  metrics.written_bytes = written;
  return {};
}

Result<ProcessMetrics> ReadProcessUsage(pid_t pid) {
  ProcessMetrics metrics;
  const auto stat = ReadProcFile(pid, "stat", kLimit);
  if (!stat) return stat.error();
  const double ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  if (auto parsed = ParseUsageStat(*stat, ticks_per_second, metrics); !parsed) {
    if (parsed.error().code == ErrorCode::kNoSuchProcess) return ProcessError(pid, ESRCH, "look");
    return parsed.error();
  }
  // What follows may be missing, each for itself.
  if (const auto statm = ReadProcFile(pid, "statm", kLimit)) {
    (void)ParseUsageStatm(*statm, static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)), metrics);
  }
  if (const auto io = ReadProcFile(pid, "io", kLimit)) (void)ParseUsageIo(*io, metrics);
  return metrics;
}

}  // namespace osprey
