#include "osprey/target/core_target.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "target/core_arguments.h"
#include "target/core_file.h"
#include "target/core_modules.h"
#include "target/core_registers.h"
#include "target/file_bytes.h"
#include "target/module_image.h"
#include "target/regular_file.h"

namespace osprey {
namespace {

// The mappings of `files`, with the rights of the segments where they are.
std::vector<Mapping> FileMappings(const std::vector<CoreMappedFile>& files,
                                  const CoreMemory& memory) {
  std::vector<Mapping> mappings;
  std::map<std::string, std::uint64_t> inodes;
  for (const CoreMappedFile& file : files) {
    Mapping& m = mappings.emplace_back();
    m.start = file.start;
    m.end = file.end;
    m.file_offset = file.file_offset;
    m.path = file.path;
    m.deleted = file.deleted;
    m.inode = inodes.try_emplace(file.path, inodes.size() + 1).first->second;
    const CoreSegment* segment = memory.Find(file.start);
    // gcore leaves out the segments that it does not dump: text, which can be read.
    m.readable = segment == nullptr || segment->readable;
    m.writable = segment != nullptr && segment->writable;
    m.executable = segment == nullptr || segment->executable;
  }
  return mappings;
}

// What a segment without a file is, where its address tells.
std::string NameOf(Address start, Address end, const CoreNotes& notes) {
  const auto holds = [&](std::uint64_t type) {
    const Address at(notes.Auxiliary(type));
    return !at.IsNull() && at >= start && at < end;
  };
  if (holds(AT_SYSINFO_EHDR)) return "[vdso]";
  // The kernel puts the 16 bytes on the first thread's stack.
  return holds(AT_RANDOM) ? "[stack]" : "";
}

// All that was mapped: the files, and what the segments have beside them.
MemoryMap MakeMap(const CoreNotes& notes, const CoreMemory& memory) {
  std::vector<Mapping> mappings = FileMappings(notes.files, memory);
  auto file = notes.files.begin();  // the first that does not end below the segment's rest
  for (const CoreSegment& segment : memory.segments()) {
    for (Address at = segment.start; at < segment.end();) {
      while (file != notes.files.end() && file->end <= at) ++file;
      const bool is_last = file == notes.files.end() || file->start >= segment.end();
      if (!is_last && file->start <= at) {
        at = file->end;
        continue;
      }
      Mapping& m = mappings.emplace_back();
      m.start = at;
      m.end = is_last ? segment.end() : file->start;
      m.readable = segment.readable;
      m.writable = segment.writable;
      m.executable = segment.executable;
      m.path = NameOf(m.start, m.end, notes);
      at = m.end;
    }
  }
  return MemoryMap::Of(std::move(mappings));
}

// Whether zeros stand where a thread's stack must be. Nobody leaves so much of it untouched right
// above the stack pointer.
bool HasLostStack(const Registers& registers, const CoreMemory& memory) {
  constexpr std::uint64_t kLooked = 65536;
  const CoreSegment* segment = memory.Find(registers.stack_pointer);
  if (segment == nullptr) return false;
  std::vector<std::byte> bytes(
      static_cast<std::size_t>(std::min(kLooked, segment->end() - registers.stack_pointer)));
  if (!memory.Read(registers.stack_pointer, bytes)) return false;
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

void WarnOfLostStacks(const CoreNotes& notes, const CoreMemory& memory,
                      std::vector<std::string>& warnings) {
  const auto lost = std::count_if(
      notes.threads.begin(), notes.threads.end(),
      [&](const CoreThread& thread) { return HasLostStack(thread.registers, memory); });
  if (lost == 0) return;
  // gdb 13 gives up a whole mapping where one of its pages cannot be read, and since glibc 2.42 the
  // guard page is part of the stack's mapping (MADV_GUARD_INSTALL, madvise(2)).
  warnings.push_back(
      fmt::format("the stacks of {} of {} threads are missing, zeros are in their "
                  "place: gcore loses stacks with guard pages of glibc 2.42 and "
                  "later, which a core file by the kernel has",
                  lost, notes.threads.size()));
}

std::string SizeText(std::uint64_t bytes) {
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
  return bytes < kMiB ? fmt::format("{} bytes", bytes) : fmt::format("{} MiB", bytes / kMiB);
}

}  // namespace

struct CoreTarget::Impl {
  CoreNotes notes;
  Machine machine = Machine::kX64;
  std::unique_ptr<CoreMemory> memory;
  MemoryMap map;
  CoreModules modules;
  std::string sysroot;
  std::string title;
  std::vector<std::string> warnings;
};

CoreTarget::CoreTarget(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CoreTarget::CoreTarget(CoreTarget&&) noexcept = default;
CoreTarget& CoreTarget::operator=(CoreTarget&&) noexcept = default;
CoreTarget::~CoreTarget() = default;

Result<CoreTarget> CoreTarget::Open(const std::string& path, const Options& options) {
  auto file = OpenRegular(path);
  if (!file) return file.error();
  return FromFd(std::move(file->fd), path, options);
}

Result<CoreTarget> CoreTarget::FromFd(UniqueFd fd, const std::string& name,
                                      const Options& options) {
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) {
    return ErrnoError(ErrorCode::kIo, fmt::format("cannot read {}", name));
  }
  const FileBytes bytes(fd.get(), static_cast<std::uint64_t>(status.st_size));
  auto core = ReadCoreFile(bytes, name);
  if (!core) return core.error();

  auto impl = std::make_unique<Impl>();
  impl->notes = std::move(core->notes);
  impl->machine = core->machine;
  impl->sysroot = options.sysroot;
  while (impl->sysroot.ends_with('/')) impl->sysroot.pop_back();
  impl->memory =
      std::make_unique<CoreMemory>(std::move(fd), bytes.size(), std::move(core->segments));
  if (core->missing != 0) {
    impl->warnings.push_back(
        fmt::format("{} is cut off: the last {} of it are missing", name, SizeText(core->missing)));
  }
  if (impl->notes.is_cut) {
    impl->warnings.push_back(fmt::format("{}: some of its notes are missing or broken", name));
  }
  if (impl->notes.files.empty()) {
    impl->warnings.push_back(fmt::format("{} does not say which files were mapped", name));
  }
  impl->map = MakeMap(impl->notes, *impl->memory);
  auto modules =
      CoreModules::Find(*impl->memory, impl->map, Address(impl->notes.Auxiliary(AT_ENTRY)),
                        {options.executable, impl->sysroot}, impl->warnings);
  if (!modules) return modules.error();
  impl->modules = std::move(*modules);
  impl->modules.Back(*impl->memory, impl->notes.page_size);
  for (CoreThread& thread : impl->notes.threads) {
    thread.activity = ActivityOf(thread.registers, *impl->memory);
  }
  WarnOfLostStacks(impl->notes, *impl->memory, impl->warnings);
  impl->title = ReadArguments(*impl->memory, impl->notes.auxv);
  if (impl->title.empty()) impl->title = impl->notes.arguments;
  return CoreTarget(std::move(impl));
}

pid_t CoreTarget::pid() const { return impl_->notes.pid; }
const Memory& CoreTarget::memory() const { return *impl_->memory; }
std::string CoreTarget::Title() const { return impl_->title; }
Result<MemoryMap> CoreTarget::ReadMap() const { return impl_->map; }
Machine CoreTarget::machine() const { return impl_->machine; }
const std::vector<CoreThread>& CoreTarget::threads() const { return impl_->notes.threads; }
const std::optional<CoreSignal>& CoreTarget::signal() const { return impl_->notes.signal; }
const std::string& CoreTarget::Name() const { return impl_->notes.name; }
const std::vector<std::string>& CoreTarget::Warnings() const { return impl_->warnings; }

std::string CoreTarget::ExecutablePath() const {
  if (!impl_->modules.executable().empty()) return impl_->modules.executable();
  const Address named(impl_->notes.Auxiliary(AT_EXECFN));
  constexpr std::size_t kPathLimit = 4096;  // PATH_MAX
  auto path = ReadCString(*impl_->memory, named, kPathLimit);
  return path && path->starts_with('/') ? *path : std::string();
}

Result<UniqueFd> CoreTarget::OpenFile(const Module& module) const {
  const CoreModule* known = impl_->modules.Find(module.path);
  if (known == nullptr || !known->file.fd.valid()) return CopyModule(*impl_->memory, module);
  UniqueFd fd(::fcntl(known->file.fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!fd.valid()) return ErrnoError(ErrorCode::kIo, fmt::format("cannot open {}", module.path));
  return fd;
}

Result<ElfFile> CoreTarget::OpenModule(const Module& module) const {
  auto fd = OpenFile(module);
  if (!fd) return fd.error();
  auto file = ElfFile::FromFd(std::move(*fd), module.path);
  const CoreModule* known = impl_->modules.Find(module.path);
  if (!file || known == nullptr) return file;
  if (auto debug = OpenDebugFile(known->build_id, impl_->sysroot)) {
    file->UseDebugFile(std::move(*debug));
  }
  return file;
}

}  // namespace osprey
