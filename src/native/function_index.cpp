#include "native/function_index.h"

#include <dwarf.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "native/symbol_index.h"

namespace osprey {
namespace {

// Inlined functions nest some dozen deep in C++, and no deeper in what a person can read.
constexpr std::size_t kMaxScopes = 256;
// Namespaces and classes nest less than that.
constexpr int kMaxDepth = 64;
// Ranges overlap only in what is damaged; then this many are tried.
constexpr int kMaxOverlaps = 16;

bool HasFunctionsInside(int tag) {
  return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_structure_type ||
         tag == DW_TAG_class_type || tag == DW_TAG_union_type || tag == DW_TAG_enumeration_type;
}

const char* LinkageName(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  for (const unsigned name : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    if (dwarf_attr_integrate(die, name, &attribute) == nullptr) continue;
    if (const char* text = dwarf_formstring(&attribute)) return text;
  }
  return nullptr;
}

bool MayBeMangled(Dwarf_Die* unit) {
  switch (dwarf_srclang(unit)) {
    case DW_LANG_C89:
    case DW_LANG_C:
    case DW_LANG_C99:
    case DW_LANG_C11:
    case DW_LANG_Mips_Assembler:
      return false;
    default:
      return true;
  }
}

std::string NameOf(Dwarf_Die* die, Dwarf_Die* unit, const SymbolIndex& symbols) {
  const char* plain = dwarf_diename(die);
  // C has linkage names where the source gives another one: "__GI_setlocale", which nobody wrote.
  const char* linked = LinkageName(die);
  if (linked != nullptr) {
    std::string name = Demangle(linked);
    return plain == nullptr || name != linked ? name : plain;
  }
  Dwarf_Addr entry = 0;
  if (MayBeMangled(unit) && dwarf_tag(die) == DW_TAG_subprogram &&
      dwarf_entrypc(die, &entry) == 0) {
    const std::string symbol = symbols.Find(entry);
    std::string name = Demangle(symbol.c_str());
    if (plain == nullptr || name != symbol) return name;
  }
  return plain != nullptr ? plain : "";
}

// Where an inlined function was called.
void TakeCall(Dwarf_Die* die, SourceFrame& caller) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &value) == 0) {
    caller.line = static_cast<std::uint32_t>(value);
  }
  Dwarf_Die unit;
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &value) != 0 ||
      dwarf_diecu(die, &unit, nullptr, nullptr) == nullptr ||
      dwarf_getsrcfiles(&unit, &files, &count) != 0 || value >= count) {
    return;
  }
  if (const char* file = dwarf_filesrc(files, value, nullptr, nullptr)) caller.file = file;
}

// The child of `die` that has `address`, where functions may be inlined. False: none.
bool ChildAt(Dwarf_Die* die, Dwarf_Addr address, Dwarf_Die& found) {
  Dwarf_Die child;
  if (dwarf_child(die, &child) != 0) return false;
  do {
    const int tag = dwarf_tag(&child);
    const bool is_scope = tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block ||
                          tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
    if (is_scope && dwarf_haspc(&child, address) == 1) {
      found = child;
      return true;
    }
  } while (dwarf_siblingof(&child, &child) == 0);
  return false;
}

// The function first, then what is inlined into it at `address`.
std::vector<Dwarf_Die> Scopes(const Dwarf_Die& function, Dwarf_Addr address) {
  std::vector<Dwarf_Die> scopes{function};
  Dwarf_Die at = function;
  Dwarf_Die child;
  for (std::size_t depth = 0; depth < kMaxScopes && ChildAt(&at, address, child); ++depth) {
    at = child;
    if (dwarf_tag(&at) == DW_TAG_inlined_subroutine) scopes.push_back(at);
  }
  return scopes;
}

}  // namespace

FunctionIndex::FunctionIndex(Dwarf* dwarf) {
  Dwarf_CU* unit = nullptr;
  Dwarf_Die die, split;
  while (dwarf_get_units(dwarf, unit, &unit, nullptr, nullptr, &die, &split) == 0) {
    // libdw leaves out what it cannot find: then the skeleton has to do.
    const bool is_split = split.addr != nullptr;
    const std::size_t before = ranges_.size();
    AddRanges(&die, units_.size(), ranges_);
    if (ranges_.size() != before) units_.push_back({die, is_split ? split : die, false, {}, {}});
  }
  const auto by_start = [](const Range& a, const Range& b) { return a.low < b.low; };
  std::sort(ranges_.begin(), ranges_.end(), by_start);
}

void FunctionIndex::AddRanges(Dwarf_Die* die, std::size_t row, std::vector<Range>& to) {
  Dwarf_Addr base = 0, low = 0, high = 0;
  // Linkers put what they have left out to 0, where no code is.
  for (std::ptrdiff_t at = 0; (at = dwarf_ranges(die, at, &base, &low, &high)) > 0;) {
    if (low != 0 && low < high) to.push_back({low, high, row});
  }
}

const FunctionIndex::Range* FunctionIndex::FindRange(const std::vector<Range>& ranges,
                                                     Dwarf_Addr address) {
  auto range = std::upper_bound(ranges.begin(), ranges.end(), address,
                                [](Dwarf_Addr a, const Range& r) { return a < r.low; });
  for (int i = 0; i < kMaxOverlaps && range != ranges.begin(); ++i) {
    --range;
    if (address < range->high) return &*range;
  }
  return nullptr;
}

void FunctionIndex::ReadFunctions(Dwarf_Die* parent, int depth, Unit& unit) {
  Dwarf_Die child;
  if (depth > kMaxDepth || dwarf_child(parent, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    if (tag == DW_TAG_subprogram) {
      const std::size_t before = unit.ranges.size();
      AddRanges(&child, unit.functions.size(), unit.ranges);
      if (unit.ranges.size() != before) unit.functions.push_back(child);
    } else if (HasFunctionsInside(tag)) {
      ReadFunctions(&child, depth + 1, unit);
    }
  } while (dwarf_siblingof(&child, &child) == 0);
}

std::vector<SourceFrame> FunctionIndex::Find(Dwarf_Addr address, const SymbolIndex& symbols) {
  std::vector<SourceFrame> found;
  const Range* range = FindRange(ranges_, address);
  if (range == nullptr) return found;
  Unit& unit = units_[range->row];
  if (!unit.is_read) {
    unit.is_read = true;
    ReadFunctions(&unit.scopes, 0, unit);
    const auto by_start = [](const Range& a, const Range& b) { return a.low < b.low; };
    std::sort(unit.ranges.begin(), unit.ranges.end(), by_start);
  }
  if (const Range* function = FindRange(unit.ranges, address)) {
    std::vector<Dwarf_Die> scopes = Scopes(unit.functions[function->row], address);
    for (std::size_t i = 0; i < scopes.size(); ++i) {
      SourceFrame frame{NameOf(&scopes[i], &unit.scopes, symbols), {}, 0, i != 0};
      // Each stands at the call of the one inside it.
      if (i + 1 < scopes.size()) TakeCall(&scopes[i + 1], frame);
      found.push_back(std::move(frame));
    }
    std::reverse(found.begin(), found.end());
  }
  if (Dwarf_Line* line = dwarf_getsrc_die(&unit.lines, address)) {
    if (found.empty()) found.emplace_back();
    int number = 0;
    if (const char* file = dwarf_linesrc(line, nullptr, nullptr)) found.front().file = file;
    if (dwarf_lineno(line, &number) == 0) found.front().line = static_cast<std::uint32_t>(number);
  }
  return found;
}

}  // namespace osprey
