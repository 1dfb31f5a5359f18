// The files that a core file's process had mapped: where they are now, and whether they are those.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "osprey/base/result.h"
#include "osprey/target/core_memory.h"
#include "osprey/target/core_target.h"
#include "osprey/target/target.h"
#include "target/regular_file.h"

namespace osprey {

struct CoreModule {
  Module module;
  std::string build_id;  // of what was loaded; empty where the core does not say
  OpenedFile file;       // no descriptor: it was not found
};

class CoreModules {
 public:
  // Looks for the ELF files of `map`. `memory` still reads nothing but what was dumped; `entry` is
  // AT_ENTRY and tells which file is the executable. What a reader should know of files that are
  // missing or others is added to `warnings`. kInvalidArgument, kNotFound, kNotPermitted,
  // kMalformed: the executable that was named is another one, or cannot be had.
  static Result<CoreModules> Find(const CoreMemory& memory, const MemoryMap& map, Address entry,
                                  const CoreTarget::Options& options,
                                  std::vector<std::string>& warnings);

  // What `memory` is to be backed with.
  void Back(CoreMemory& memory, std::uint64_t page_size) const;
  const CoreModule* Find(const std::string& path) const;
  // The executable's path; empty where that cannot be told.
  const std::string& executable() const { return executable_; }

 private:
  std::map<std::string, CoreModule> modules_;  // by path
  std::string executable_;
};

// The file with the symbols that were stripped from the one with this build ID, under
// /usr/lib/debug/.build-id of the sysroot or of this machine; kNotFound where there is none.
Result<ElfFile> OpenDebugFile(const std::string& build_id, const std::string& sysroot);

}  // namespace osprey
