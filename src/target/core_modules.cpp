#include "target/core_modules.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "target/file_bytes.h"
#include "target/loaded_headers.h"

namespace osprey {
namespace {

// Each takes a descriptor, and another for the memory: of 1024 that a process may have.
constexpr std::size_t kMaxFiles = 400;
// Names in one sentence.
constexpr std::size_t kMaxNames = 4;

std::string BuildIdPath(const std::string& root, const std::string& id, const char* ending) {
  return fmt::format("{}/usr/lib/debug/.build-id/{}/{}{}", root, id.substr(0, 2), id.substr(2),
                     ending);
}

// Where to look, the best place first.
std::vector<std::string> Places(const Module& module, const std::string& build_id,
                                const std::string& sysroot) {
  std::vector<std::string> places;
  if (!sysroot.empty()) places.push_back(sysroot + module.path);
  places.push_back(module.path);
  if (build_id.size() > 2) {
    if (!sysroot.empty()) places.push_back(BuildIdPath(sysroot, build_id, ""));
    places.push_back(BuildIdPath("", build_id, ""));
  }
  return places;
}

Result<ElfFile> OpenElf(const OpenedFile& file, const std::string& name) {
  UniqueFd fd(::fcntl(file.fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!fd.valid()) return ErrnoError(ErrorCode::kIo, fmt::format("cannot open {}", name));
  return ElfFile::FromFd(std::move(fd), name);
}

// Whether `file` is the one that was loaded, and how sure that is.
enum class Match { kSame, kLikely, kOther, kNoElf };

Match Compare(const OpenedFile& file, const std::string& place, const Module& module,
              const LoadedHeaders& loaded, std::string& why) {
  const auto elf = OpenElf(file, place);
  if (!elf) {
    why = fmt::format("{} is no ELF file", place);
    return Match::kNoElf;
  }
  if (loaded.is_known && !loaded.build_id.empty()) {
    if (elf->BuildId() == loaded.build_id) return Match::kSame;
    why = fmt::format(
        "{} is another file than the one that was loaded: its build ID is {}, the "
        "core's {}",
        place, elf->BuildId().empty() ? "missing" : elf->BuildId(), loaded.build_id);
    return Match::kOther;
  }
  if (loaded.is_known) {
    std::vector<std::byte> headers(loaded.bytes.size());
    if (FileBytes(file.fd.get(), file.size()).Read(0, headers) && headers == loaded.bytes) {
      return Match::kSame;
    }
    why = fmt::format("{} is another file than the one that was loaded: its headers differ", place);
    return Match::kOther;
  }
  if (!LoadBias(module, *elf)) {
    why = fmt::format(
        "{} is another file than the one that was loaded: it does not fit where that "
        "was mapped",
        place);
    return Match::kOther;
  }
  return Match::kLikely;
}

std::string Names(const std::vector<std::string>& all) {
  const std::size_t shown = std::min(all.size(), kMaxNames);
  std::string text = fmt::format(
      "{}", fmt::join(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (all.size() > shown) text += fmt::format(" and {} more", all.size() - shown);
  return text;
}

// What was found out on the way, to be told in as few sentences as it takes.
struct Findings {
  std::vector<std::string> missing, unproved, others, left_out;

  void Tell(std::vector<std::string>& warnings) const {
    const std::size_t shown = std::min(others.size(), kMaxNames);
    warnings.insert(warnings.end(), others.begin(),
                    others.begin() + static_cast<std::ptrdiff_t>(shown));
    if (others.size() > shown) {
      warnings.push_back(fmt::format("{} more files are others than those that were loaded",
                                     others.size() - shown));
    }
    if (!missing.empty()) warnings.push_back("not found: " + Names(missing));
    if (!unproved.empty()) {
      warnings.push_back("taken by path, since the core file does not say which file was loaded: " +
                         Names(unproved));
    }
    if (!left_out.empty()) warnings.push_back("too many files to open: " + Names(left_out));
  }
};

bool HasAddress(const Module& module, Address a) {
  return std::any_of(module.mappings.begin(), module.mappings.end(),
                     [a](const Mapping& m) { return m.Contains(a); });
}

bool WasDeleted(const Module& module) {
  return std::any_of(module.mappings.begin(), module.mappings.end(),
                     [](const Mapping& m) { return m.deleted; });
}

// The named executable, or the error that says why it cannot be that.
Result<OpenedFile> OpenNamed(const std::string& path, const Module& module,
                             const LoadedHeaders& loaded) {
  auto file = OpenRegular(path);
  if (!file) return file.error();
  std::string why;
  const Match match = Compare(*file, path, module, loaded, why);
  if (match == Match::kOther || match == Match::kNoElf) {
    return Error{ErrorCode::kInvalidArgument, 0, Address{}, why};
  }
  return file;
}

OpenedFile Search(const Module& module, const LoadedHeaders& loaded, const std::string& sysroot,
                  Findings& findings) {
  std::vector<std::string> others;
  for (const std::string& place : Places(module, loaded.build_id, sysroot)) {
    auto file = OpenRegular(place);
    if (!file) continue;
    std::string why;
    switch (Compare(*file, place, module, loaded, why)) {
      case Match::kSame:
        return std::move(*file);
      case Match::kLikely:
        if (WasDeleted(module)) break;  // what is there now came later
        findings.unproved.push_back(place);
        return std::move(*file);
      case Match::kNoElf:
        if (!loaded.is_known) return {};  // nor was the loaded one: data
        [[fallthrough]];
      case Match::kOther:
        others.push_back(std::move(why));
        break;
    }
  }
  if (others.empty()) findings.missing.push_back(module.path);
  findings.others.insert(findings.others.end(), others.begin(), others.end());
  return {};
}

}  // namespace

Result<CoreModules> CoreModules::Find(const CoreMemory& memory, const MemoryMap& map, Address entry,
                                      const CoreTarget::Options& options,
                                      std::vector<std::string>& warnings) {
  CoreModules found;
  Findings findings;
  std::size_t opened = 0;
  for (Module& module : Modules(map)) {
    LoadedHeaders loaded = ReadLoadedHeaders(memory, module);
    if (loaded.is_known && !loaded.is_elf) continue;  // data, which may have changed since
    const bool is_executable = HasAddress(module, entry);
    if (is_executable) found.executable_ = module.path;
    if (opened >= kMaxFiles) {
      findings.left_out.push_back(module.path);
      continue;
    }
    CoreModule each;
    if (is_executable && !options.executable.empty()) {
      auto named = OpenNamed(options.executable, module, loaded);
      if (!named) return named.error();
      each.file = std::move(*named);
    } else {
      each.file = Search(module, loaded, options.sysroot, findings);
    }
    each.build_id = std::move(loaded.build_id);
    each.module = std::move(module);
    if (each.file.fd.valid()) ++opened;
    found.modules_.emplace(each.module.path, std::move(each));
  }
  if (!options.executable.empty() && found.executable_.empty()) {
    return Error{ErrorCode::kInvalidArgument, 0, Address{},
                 fmt::format("cannot tell whether {} is the program: the core file does not say "
                             "what was mapped where it starts",
                             options.executable)};
  }
  findings.Tell(warnings);
  return found;
}

void CoreModules::Back(CoreMemory& memory, std::uint64_t page_size) const {
  std::vector<BackingFile> files;
  std::vector<BackingPiece> pieces;
  for (const auto& [path, each] : modules_) {
    if (!each.file.fd.valid()) continue;
    UniqueFd fd(::fcntl(each.file.fd.get(), F_DUPFD_CLOEXEC, 0));
    if (!fd.valid()) continue;
    for (const Mapping& m : each.module.mappings) {
      pieces.push_back({m.start, m.end - m.start, m.file_offset, files.size()});
    }
    files.push_back({std::move(fd), each.file.size()});
  }
  memory.BackWith(std::move(files), std::move(pieces), page_size);
}

const CoreModule* CoreModules::Find(const std::string& path) const {
  const auto found = modules_.find(path);
  return found == modules_.end() ? nullptr : &found->second;
}

Result<ElfFile> OpenDebugFile(const std::string& build_id, const std::string& sysroot) {
  Error none{ErrorCode::kNotFound, 0, Address{}, "no debug file"};
  if (build_id.size() <= 2) return none;
  for (const std::string& root : {sysroot, std::string()}) {
    const std::string path = BuildIdPath(root, build_id, ".debug");
    auto file = OpenRegular(path);
    if (!file) continue;
    auto elf = ElfFile::FromFd(std::move(file->fd), path);
    if (elf && elf->BuildId() == build_id) return elf;
  }
  return none;
}

}  // namespace osprey
