// A program to look at: its memory, what is mapped in it, its threads and its files.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/base/result.h"
#include "osprey/base/unique_fd.h"
#include "osprey/target/elf_file.h"
#include "osprey/target/memory.h"
#include "osprey/target/memory_map.h"
#include "osprey/target/target_root.h"

namespace osprey {

// A file that is loaded in the target.
struct Module {
  std::string path;               // as the target sees it
  std::vector<Mapping> mappings;  // all of them, by address
};

class Target {
 public:
  virtual ~Target() = default;
  virtual pid_t pid() const = 0;
  virtual const Memory& memory() const = 0;
  // The command line with spaces between the arguments, or what the program has put in its place
  // (setproctitle(3bsd)); empty when there is none, as in a process that is ending.
  virtual std::string Title() const = 0;
  // The map as it is now.
  virtual Result<MemoryMap> ReadMap() const = 0;
  // The file behind a module, open for reading, as OpenModule has it but without what separate
  // debug files add. What has no file, such as [vdso], and what is out of reach is copied out of
  // the memory. kNotFound when that cannot be either, kNotPermitted when the kernel refuses.
  virtual Result<UniqueFd> OpenFile(const Module& module) const = 0;
  // The file behind a module, opened so that it is the one that is loaded, even when its path
  // was deleted, replaced, or lies in another mount namespace.
  virtual Result<ElfFile> OpenModule(const Module& module) const = 0;
  // Where paths lead for the target; null where they lead to the same files as ours, or nobody can
  // say.
  virtual std::shared_ptr<const TargetRoot> ForeignRoot() const { return nullptr; }
};

// The files of `map`, each once, in the order of their first mapping.
std::vector<Module> Modules(const MemoryMap& map);

// All that `map` has of the file that `mapping`, one of its own, shows a part of.
Module ModuleOf(const Mapping& mapping, const MemoryMap& map);

// What is added to an address of `file` to get where it is loaded: the load bias.
// kMalformed when no mapping fits any segment.
Result<std::uint64_t> LoadBias(const Module& module, const ElfFile& file);

}  // namespace osprey
