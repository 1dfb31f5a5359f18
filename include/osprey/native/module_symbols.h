// What the code of one file is called: functions, those inlined into them, and source lines.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "osprey/base/result.h"
#include "osprey/base/unique_fd.h"
#include "osprey/target/elf_file.h"
#include "osprey/target/target_root.h"

namespace osprey {

class DebuginfodPatience;

struct SourceFrame {
  // Demangled; where there is no symbol the address where it begins, "0x1a2b", or empty where not
  // even that is known.
  std::string function;
  std::string file;        // empty where no debug information tells
  std::uint32_t line = 0;  // 0: not known
  bool is_inlined = false;
};

// What names can come from.
struct SymbolSource {
  bool has_debug_information = false;  // all of it, with what dwz(1) has put into a file of its own
  std::uint64_t symbols = 0;           // of all tables
  bool operator==(const SymbolSource&) const = default;
};

// Where separate debug files are looked for.
struct SymbolSearch {
  // Folders, separated by ':'; those with '/' in front have the files by build ID and by path, the
  // others lie beside the program's file. Empty: elfutils' own, ":.debug:/usr/lib/debug".
  std::string debug_path = {};
  // Where set, says how long servers are waited for. Must outlive the search.
  DebuginfodPatience* patience = nullptr;
  // Where set, debug files are looked for in there before they are looked for here: the program's
  // files are no more ours than its root is. Must outlive what is opened with it.
  const TargetRoot* root = nullptr;
};

// By elfutils: the symbol tables, .gnu_debugdata, separate debug files by build ID and debug link,
// and debuginfod where DEBUGINFOD_URLS says so. Counts addresses as the file itself does, so that
// one answer does for all processes. Not to be used by two threads at once.
class ModuleSymbols {
 public:
  // Of an ELF file that is open for reading. kMalformed when it is none. `path` is where the
  // program had it: debug links are looked for beside it.
  static Result<ModuleSymbols> Open(UniqueFd file, const std::string& path,
                                    const SymbolSearch& search = {});
  ModuleSymbols(ModuleSymbols&&) noexcept;
  ModuleSymbols& operator=(ModuleSymbols&&) noexcept;
  ~ModuleSymbols();

  // The frames at `address`, the function itself first and what is inlined behind it; one without a
  // name where nothing is known.
  std::vector<SourceFrame> Name(FileAddress address) const;

  // Reads the symbol tables, where Name has not done so yet.
  SymbolSource Source() const;

 private:
  struct Impl;
  explicit ModuleSymbols(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A name as C++ and Rust programs write it; as it is where it is neither's.
std::string Demangle(const char* name);

}  // namespace osprey
