// Which symbol of one file lies where.
#pragma once

#include <elfutils/libdwfl.h>

#include <cstddef>
#include <string>
#include <vector>

namespace osprey {

// Sorted once: dwfl_module_addrinfo(3) looks at every symbol for every address.
class SymbolIndex {
 public:
  // `module` must outlive this. Its symbol tables are read when the first address is asked for.
  explicit SymbolIndex(Dwfl_Module* module) : module_(module) {}

  // The symbol whose code has `address`, not demangled and without its version; of several the one
  // that is exported and that people write: "malloc", not "__libc_malloc". Empty: none.
  std::string Find(GElf_Addr address) const;
  // How many symbols there are, of all kinds; 0 where there is no table.
  std::size_t count() const;

 private:
  struct Entry {
    GElf_Addr start, end;
    GElf_Addr furthest = 0;  // the largest end of all until here
    const char* name;
    bool has_size;  // else it ends where the next one or its section does
    int rank;       // how far it is exported
  };
  void Read() const;

  Dwfl_Module* module_;
  mutable bool is_read_ = false;
  mutable std::vector<Entry> entries_;  // by their start
};

}  // namespace osprey
