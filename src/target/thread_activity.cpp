#include "osprey/target/thread_activity.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>

#include "target/proc_stat.h"
#include "target/text_scan.h"

namespace osprey {
namespace {

// The longest stat file has 52 fields of up to 20 digits and a name; syscall is shorter.
constexpr std::size_t kTextLimit = 2048;

Error Gone(int number) {
  return Error{ErrorCode::kNoSuchProcess, number, Address{}, "the thread is gone"};
}

UniqueFd OpenThreadFile(pid_t pid, pid_t tid, const char* name) {
  const std::string path = fmt::format("/proc/{}/task/{}/{}", pid, tid, name);
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

std::optional<std::uint64_t> ParseHexWord(std::string_view word) {
  if (!word.starts_with("0x")) return std::nullopt;
  return WholeNumber<std::uint64_t>(word.substr(2), 16);
}

Error NotSyscallText() {
  return Error{ErrorCode::kMalformed, 0, Address{}, "not the text of a syscall file"};
}

}  // namespace

Result<ThreadActivityReader> ThreadActivityReader::Open(pid_t pid, pid_t tid) {
  if (UniqueFd fd = OpenThreadFile(pid, tid, "syscall"); fd.valid()) {
    ThreadActivityReader reader(std::move(fd), false);
    auto first = reader.Read();
    if (first) return reader;
    if (first.error().code == ErrorCode::kNoSuchProcess) return first.error();
    // Some kernels have the file and refuse to read it: stat says less, but it says it to all.
  }
  UniqueFd fd = OpenThreadFile(pid, tid, "stat");
  if (!fd.valid()) {
    if (errno == ENOENT || errno == ESRCH) return Gone(0);
    return ErrnoError(ErrorCode::kNotPermitted, "cannot see what a thread is doing");
  }
  return ThreadActivityReader(std::move(fd), true);
}

Result<ThreadActivity> ThreadActivityReader::Read() const {
  std::array<char, kTextLimit> buffer;
  ssize_t got;
  do {
    got = ::pread(fd_.get(), buffer.data(), buffer.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got == 0) return Gone(0);
  if (got < 0) {
    if (errno == ESRCH || errno == ENOENT) return Gone(0);
    const bool refused = errno == EPERM || errno == EACCES;
    return ErrnoError(refused ? ErrorCode::kNotPermitted : ErrorCode::kIo,
                      "cannot see what a thread is doing");
  }
  const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  return is_stat_ ? ParseStat(text) : ParseSyscall(text);
}

Result<ThreadActivity> ParseSyscall(std::string_view text) {
  const std::string_view first = TakeWord(text);
  ThreadActivity activity;
  if (first == "running") {
    activity.on_cpu = true;
  } else {
    const auto number = WholeNumber<std::int64_t>(first);
    if (!number) return NotSyscallText();
    activity.system_call = *number < 0 ? -1 : *number;
    // Six arguments, then the stack pointer and the program counter; only these two outside one.
    const int words = *number < 0 ? 2 : 8;
    for (int i = 0; i < words; ++i) {
      const auto word = ParseHexWord(TakeWord(text));
      if (!word) return NotSyscallText();
      if (i == 0 && *number >= 0) activity.first_argument = Address(*word);
      if (i == words - 2) activity.stack_pointer = Address(*word);
      if (i == words - 1) activity.instruction_pointer = Address(*word);
    }
  }
  if (!text.empty() && text != "\n") return NotSyscallText();
  return activity;
}

std::optional<Registers> BlockedRegisters(const ThreadActivity& activity) {
  if (activity.stack_pointer.IsNull()) return std::nullopt;
  return Registers::OfPlace(OwnMachine(), activity.instruction_pointer, activity.stack_pointer);
}

Result<ThreadActivity> ParseStat(std::string_view text) {
  auto stat = ParseProcessStat(text);
  if (!stat) return stat.error();
  ThreadActivity activity;
  activity.on_cpu = stat->state == 'R';
  return activity;
}

}  // namespace osprey
