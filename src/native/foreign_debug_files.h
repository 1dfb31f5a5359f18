// Separate debug files of a program that has another root than we have: in a container or a chroot.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "osprey/base/unique_fd.h"
#include "osprey/target/target_root.h"

namespace osprey {

// What tells that a file is the one that is looked for.
struct WantedDebugFile {
  std::string build_id;   // in hexadecimal; empty: it has none
  std::string link;       // what the module calls it (its debug link); empty: nothing
  std::uint32_t crc = 0;  // CRC-32 of the whole file; counts where there is no build ID
};

// Looks in the program's root as elfutils do in ours (dwfl_standard_find_debuginfo).
class ForeignDebugFiles {
 public:
  struct Found {
    UniqueFd file;     // open for reading; invalid: there is none
    std::string path;  // inside the root
  };

  // `root` must outlive this. `module_path` as the memory map has it, `debug_path` as in
  // SymbolSearch.
  ForeignDebugFiles(const TargetRoot& root, const std::string& module_path,
                    const std::string& debug_path);

  // What the root has under a fitting name is only taken when it is an ELF file with names in it
  // and with that build ID, or else with that checksum.
  Found Find(const WantedDebugFile& wanted) const;

 private:
  std::vector<std::string> Places(const WantedDebugFile& wanted) const;

  const TargetRoot& root_;
  std::string module_folder_;
  std::vector<std::string> folders_;
};

}  // namespace osprey
