// Which functions the debug information of one file has where.
#pragma once

#include <elfutils/libdwfl.h>

#include <cstddef>
#include <map>
#include <vector>

#include "osprey/native/module_symbols.h"

namespace osprey {

class SymbolIndex;

// Each unit is read when the first address in it is asked for, once: dwarf_getscopes(3) reads it
// anew for every address, and does not find the origin of what link-time optimization has inlined
// from another unit.
class FunctionIndex {
 public:
  // `dwarf` must outlive this. Addresses are those of the debug information.
  explicit FunctionIndex(Dwarf* dwarf);

  // The function at `address` and what is inlined there, the innermost first, with their lines.
  // One without a name where a source line alone is known; empty where nothing is.
  // `symbols` has what C++ functions are called that the debug information does not name in full.
  std::vector<SourceFrame> Find(Dwarf_Addr address, const SymbolIndex& symbols);

 private:
  struct Range {
    Dwarf_Addr low, high;
    std::size_t row;  // of units_ or Unit::functions
  };
  struct Unit {
    Dwarf_Die lines;   // the unit as the file itself has it
    Dwarf_Die scopes;  // the same, or where -gsplit-dwarf has put its functions
    bool is_read = false;
    std::vector<Dwarf_Die> functions;
    std::vector<Range> ranges;  // of functions, by their start
  };

  static void AddRanges(Dwarf_Die* die, std::size_t row, std::vector<Range>& to);
  static const Range* FindRange(const std::vector<Range>& ranges, Dwarf_Addr address);
  static void ReadFunctions(Dwarf_Die* parent, int depth, Unit& unit);

  std::vector<Unit> units_;
  std::vector<Range> ranges_;  // of units_, by their start
};

}  // namespace osprey
