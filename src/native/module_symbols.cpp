#include "osprey/native/module_symbols.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>

#include <cstdlib>
#include <memory>
#include <utility>

namespace osprey {
namespace {

// Inlined functions nest some dozen deep in C++, and no deeper in what a person can read.
constexpr int kMaxScopes = 256;

struct FreeScopes {
  void operator()(Dwarf_Die* scopes) const { std::free(scopes); }
};
using Scopes = std::unique_ptr<Dwarf_Die, FreeScopes>;

const char* LinkageName(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  for (const unsigned name : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    if (dwarf_attr_integrate(die, name, &attribute) == nullptr) continue;
    if (const char* text = dwarf_formstring(&attribute)) return text;
  }
  return dwarf_diename(die);
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

}  // namespace

struct ModuleSymbols::Impl {
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (dwfl != nullptr) dwfl_end(dwfl);
  }

  // The functions that `address` lies in by the debug information, the innermost first.
  std::vector<SourceFrame> FramesAt(Dwarf_Addr address) const;

  char* debug_path = nullptr;  // the usual places
  Dwfl_Callbacks callbacks{};
  Dwfl* dwfl = nullptr;
  Dwfl_Module* module = nullptr;
};

ModuleSymbols::ModuleSymbols(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ModuleSymbols::ModuleSymbols(ModuleSymbols&&) noexcept = default;
ModuleSymbols& ModuleSymbols::operator=(ModuleSymbols&&) noexcept = default;
ModuleSymbols::~ModuleSymbols() = default;

Result<ModuleSymbols> ModuleSymbols::Open(UniqueFd file, const std::string& name) {
  auto impl = std::make_unique<Impl>();
  impl->callbacks.find_debuginfo = dwfl_standard_find_debuginfo;
  impl->callbacks.debuginfo_path = &impl->debug_path;
  impl->dwfl = dwfl_begin(&impl->callbacks);
  if (impl->dwfl == nullptr) {
    return Error{ErrorCode::kIo, 0, Address{}, "libdwfl: " + std::string(dwfl_errmsg(-1))};
  }
  dwfl_report_begin(impl->dwfl);
  // It takes the descriptor over where it succeeds.
  impl->module = dwfl_report_elf(impl->dwfl, name.c_str(), name.c_str(), file.get(), 0, true);
  if (impl->module == nullptr) {
    return Error{ErrorCode::kMalformed, 0, Address{}, name + ": " + std::string(dwfl_errmsg(-1))};
  }
  static_cast<void>(file.Release());
  dwfl_report_end(impl->dwfl, nullptr, nullptr);
  return ModuleSymbols(std::move(impl));
}

std::vector<SourceFrame> ModuleSymbols::Impl::FramesAt(Dwarf_Addr address) const {
  std::vector<SourceFrame> found;
  Dwarf_Addr bias = 0;
  Dwarf_Die* unit = dwfl_module_addrdie(module, address, &bias);
  if (unit == nullptr) return found;
  Dwarf_Die* innermost = nullptr;
  if (dwarf_getscopes(unit, address - bias, &innermost) <= 0) return found;
  const Scopes owner(innermost);
  // What lies around an inlined function there is what lies around it in the source. Its parents in
  // the tree are those that it was inlined into.
  Dwarf_Die* scopes = nullptr;
  const int count = dwarf_getscopes_die(innermost, &scopes);
  if (count <= 0) return found;
  const Scopes owned(scopes);
  for (int i = 0; i < count && i < kMaxScopes; ++i) {
    const int tag = dwarf_tag(&scopes[i]);
    if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) continue;
    SourceFrame frame;
    if (const char* name = LinkageName(&scopes[i])) frame.function = Demangle(name);
    frame.is_inlined = tag == DW_TAG_inlined_subroutine;
    found.push_back(std::move(frame));
    if (tag == DW_TAG_subprogram) break;
  }
  // Each stands at the call of the one inside it.
  std::size_t inner = 0;
  for (int i = 0; i < count && inner + 1 < found.size(); ++i) {
    if (dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine) TakeCall(&scopes[i], found[++inner]);
  }
  return found;
}

std::vector<SourceFrame> ModuleSymbols::Name(FileAddress address) const {
  std::vector<SourceFrame> frames = impl_->FramesAt(address.value);
  if (frames.empty()) frames.emplace_back();
  if (frames.back().function.empty() || frames.size() == 1) {
    // The symbol is surer than what a compiler writes of a function without a name.
    GElf_Off offset = 0;
    GElf_Sym symbol;
    const char* name = dwfl_module_addrinfo(impl_->module, address.value, &offset, &symbol, nullptr,
                                            nullptr, nullptr);
    if (name != nullptr) frames.back().function = Demangle(name);
  }
  if (Dwfl_Line* line = dwfl_module_getsrc(impl_->module, address.value)) {
    int number = 0;
    const char* file = dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr);
    if (file != nullptr) frames.front().file = file;
    frames.front().line = static_cast<std::uint32_t>(number);
  }
  return {frames.rbegin(), frames.rend()};
}

}  // namespace osprey
