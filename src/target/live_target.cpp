#include "osprey/target/live_target.h"

#include <elf.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "target/module_file.h"
#include "target/proc_file.h"
#include "target/proc_stat.h"
#include "target/process_errors.h"
#include "target/text_scan.h"

namespace osprey {
namespace {

// Linux allows 2 MiB of arguments and more; a title needs no more than this.
constexpr std::size_t kCommandLineLimit = 65536;

Result<ExecMark> ReadMark(pid_t pid, const Memory& memory) {
  constexpr std::size_t kAuxvLimit = 4096;  // some 20 pairs of words on Linux 6
  const auto auxv = ReadProcFile(pid, "auxv", kAuxvLimit);
  if (!auxv) return auxv.error();
  for (std::size_t at = 0; at + 16 <= auxv->size(); at += 16) {
    std::array<std::uint64_t, 2> entry;
    std::memcpy(entry.data(), auxv->data() + at, sizeof entry);
    if (entry[0] != AT_RANDOM) continue;
    const auto random = memory.ReadAs<std::array<std::uint64_t, 2>>(Address(entry[1]));
    if (!random) return random.error();
    return ExecMark{Address(entry[1]), *random};
  }
  return ExecMark{};
}

// Whether the kernel lets us read: asked by reading, since the rules are many (owner, ptrace_scope,
// capabilities, dumpable, security modules) and only the kernel knows them all.
Result<void> TryToRead(pid_t pid, uid_t owner) {
  auto map = MemoryMap::Read(pid);
  if (!map && map.error().code == ErrorCode::kNotPermitted) {
    return NotPermitted("read", pid, UserName(owner));
  }
  if (!map) return map.error();
  // Some readable mappings (devices, [vvar]) fail for everyone: a few more are tried.
  constexpr int kMaxTries = 16;
  int tries = 0;
  for (const Mapping& mapping : map->mappings()) {
    if (!mapping.readable) continue;
    if (++tries > kMaxTries) break;
    std::byte byte;
    auto read = LiveMemory(pid).Read(mapping.start, std::span(&byte, 1));
    if (read) break;
    if (read.error().code == ErrorCode::kNotPermitted)
      return NotPermitted("read", pid, UserName(owner));
    if (read.error().code == ErrorCode::kNoSuchProcess) return NoSuchProcess(pid);
  }
  return {};
}

}  // namespace

Result<LiveTarget> LiveTarget::Open(pid_t pid) {
  if (pid <= 0) return NoSuchProcess(pid);
  auto status = ReadProcessStatus(pid);
  if (!status) {
    // A /proc mounted with hidepid hides the processes of others, but a signal still finds them.
    const bool hidden = ::kill(pid, 0) != 0 && errno == EPERM;
    return hidden ? NotPermitted("read", pid, "another user") : status.error();
  }
  pid = status->leader;  // any thread of a process names it
  auto stat = ReadProcessStat(pid);
  if (!stat) return stat.error();
  if (stat->is_kernel_thread) {
    return Error{
        ErrorCode::kUnsupported, 0, Address{},
        fmt::format("process {} is a thread of the kernel: it has no program to profile", pid)};
  }
  if (stat->has_ended()) return HasEnded(pid);
  if (auto readable = TryToRead(pid, status->owner); !readable) return readable.error();
  return LiveTarget(pid, stat->start_time);
}

Result<MemoryMap> LiveTarget::ReadMap() const {
  auto map = MemoryMap::Read(pid_);
  if (map && !IsAlive()) return NoSuchProcess(pid_);
  return map;
}

Result<UniqueFd> LiveTarget::OpenFile(const Module& module) const {
  return OpenModuleFile(pid_, memory_, module);
}

Result<ElfFile> LiveTarget::OpenModule(const Module& module) const {
  auto fd = OpenFile(module);
  if (!fd) return fd.error();
  return ElfFile::FromFd(std::move(*fd), module.path);
}

std::shared_ptr<const TargetRoot> LiveTarget::ForeignRoot() const {
  return TargetRoot::OfProcess(pid_);
}

bool LiveTarget::IsAlive() const {
  const auto stat = ReadProcessStat(pid_);
  return stat && IsStillRunning(*stat, start_time_);
}

std::optional<std::string> LiveTarget::ProgramIdentity() const {
  const auto stat = ReadProcessStat(pid_);
  if (!stat || !IsStillRunning(*stat, start_time_)) return std::nullopt;
  struct stat exe;
  if (::stat(fmt::format("/proc/{}/exe", pid_).c_str(), &exe) != 0) return std::nullopt;
  const auto mark = ReadMark(pid_, memory_);
  if (!mark) return std::nullopt;
  return fmt::format("{:x}:{}:{:x}:{:x}:{:x}", exe.st_dev, exe.st_ino, stat->start_stack,
                     mark->random[0], mark->random[1]);
}

ExecMark LiveTarget::ReadExecMark() const { return ReadMark(pid_, memory_).value_or(ExecMark{}); }

bool LiveTarget::Bears(const ExecMark& mark) const {
  if (mark.address.IsNull()) return false;
  const auto random = memory_.ReadAs<std::array<std::uint64_t, 2>>(mark.address);
  return random && *random == mark.random;
}

std::optional<pid_t> LiveTarget::Parent() const {
  const auto stat = ReadProcessStat(pid_);
  if (!stat || stat->parent == 0) return std::nullopt;
  return stat->parent;
}

std::uint64_t LiveTarget::MappedPages() const {
  constexpr std::size_t kStatmLimit = 256;  // seven numbers of at most 20 digits
  const auto text = ReadProcFile(pid_, "statm", kStatmLimit);
  if (!text) return 0;
  std::string_view figures = *text;
  return WholeNumber<std::uint64_t>(TakeWord(figures)).value_or(0);
}

std::vector<pid_t> LiveTarget::ThreadIds() const {
  return IsAlive() ? ReadTaskIds(pid_) : std::vector<pid_t>();
}

std::vector<LiveTarget::Thread> LiveTarget::Threads() const {
  std::vector<Thread> threads;
  for (const pid_t id : ThreadIds()) threads.push_back({id, id});
  const auto own = ReadNamespacePids(pid_, "status");
  if (own.size() < 2) return threads;  // the same namespace as ours, as nearly always
  for (Thread& thread : threads) {
    const auto seen = ReadNamespacePids(pid_, fmt::format("task/{}/status", thread.tid));
    if (!seen.empty()) thread.inside = seen.back();
  }
  return threads;
}

std::vector<pid_t> LiveTarget::ThreadIdsInside() const {
  std::vector<pid_t> ids;
  for (const Thread& thread : Threads()) ids.push_back(thread.inside);
  return ids;
}

std::string LiveTarget::Title() const {
  auto text = ReadProcFile(pid_, "cmdline", kCommandLineLimit);
  if (!text) return {};
  while (!text->empty() && text->back() == '\0') text->pop_back();
  std::replace(text->begin(), text->end(), '\0', ' ');
  return std::move(*text);
}

std::string LiveTarget::CommandLine() const {
  if (auto title = Title(); !title.empty()) return title;
  auto name = ReadProcFile(pid_, "comm", kCommandLineLimit);
  if (!name) return {};
  if (name->ends_with('\n')) name->pop_back();
  return fmt::format("[{}]", *name);
}

std::string LiveTarget::ExecutablePath() const {
  std::string path = ReadLink(fmt::format("/proc/{}/exe", pid_));
  constexpr std::string_view kDeletedMark = " (deleted)";
  if (path.ends_with(kDeletedMark)) path.resize(path.size() - kDeletedMark.size());
  return path;
}

std::string LiveTarget::WorkingDirectory() const {
  return ReadLink(fmt::format("/proc/{}/cwd", pid_));
}

}  // namespace osprey
