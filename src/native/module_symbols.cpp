#include "osprey/native/module_symbols.h"

#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <optional>
#include <utility>

#include "native/debuginfod_patience.h"
#include "native/foreign_debug_files.h"
#include "native/function_index.h"
#include "native/function_starts.h"
#include "native/plt_index.h"
#include "native/symbol_index.h"

namespace osprey {

namespace {

constexpr ssize_t kLongestId = 64;  // bytes; linkers make 8, 16 or 20

// Empty for what is no build ID.
std::string Hexadecimal(const unsigned char* bytes, ssize_t size) {
  return size > 0 && size <= kLongestId ? fmt::format("{:02x}", fmt::join(bytes, bytes + size, ""))
                                        : "";
}

}  // namespace

struct ModuleSymbols::Impl {
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    functions.reset();
    symbols.reset();
    if (dwfl != nullptr) dwfl_end(dwfl);
  }

  // What dwfl calls when it needs a debug file: `own` leads to an Impl.
  static int FindDebugFile(Dwfl_Module* module, void** own, const char* name, Dwarf_Addr base,
                           const char* file, const char* link, GElf_Word crc, char** found);
  // With the build ID of what dwfl looks for.
  WantedDebugFile Wanted(const char* link, GElf_Word crc);

  std::string debug_folders;
  char* debug_path = nullptr;  // they, or null for the usual ones
  Dwfl_Callbacks callbacks{};
  Dwfl* dwfl = nullptr;
  Dwfl_Module* module = nullptr;
  std::optional<ForeignDebugFiles> foreign;  // where the program has another root
  bool is_asking = false;                    // for what it has read, in the middle of reading
  Dwarf* dwarf = nullptr;                    // null: there is none
  Dwarf_Addr bias = 0;  // what dwfl adds to the addresses of the debug information
  std::optional<SymbolIndex> symbols;
  std::optional<PltIndex> plt;
  std::optional<FunctionStarts> starts;  // read where something has no name
  std::optional<FunctionIndex> functions;
};

WantedDebugFile ModuleSymbols::Impl::Wanted(const char* link, GElf_Word crc) {
  WantedDebugFile wanted{{}, link == nullptr ? "" : link, crc};
  // When there is debug information already, what is missing is the part that several files share
  // (dwz(1)). Asking must not lead here again.
  Dwarf_Addr unused = 0;
  is_asking = true;
  Dwarf* known = dwfl_module_getdwarf(module, &unused);
  is_asking = false;
  if (known != nullptr) {
    const char* path = nullptr;
    const void* id = nullptr;
    const ssize_t size = dwelf_dwarf_gnu_debugaltlink(known, &path, &id);
    wanted.build_id = Hexadecimal(static_cast<const unsigned char*>(id), size);
    return wanted;
  }
  const unsigned char* id = nullptr;
  GElf_Addr where = 0;
  const int size = dwfl_module_build_id(module, &id, &where);
  wanted.build_id = Hexadecimal(id, size);
  return wanted;
}

int ModuleSymbols::Impl::FindDebugFile(Dwfl_Module* module, void** own, const char* name,
                                       Dwarf_Addr base, const char* file, const char* link,
                                       GElf_Word crc, char** found) {
  auto* impl = static_cast<Impl*>(*own);
  if (impl != nullptr && impl->is_asking) return -1;
  if (impl != nullptr && impl->foreign) {
    ForeignDebugFiles::Found inside = impl->foreign->Find(impl->Wanted(link, crc));
    if (inside.file.valid()) {
      *found = ::strdup(inside.path.c_str());  // dwfl frees it
      return inside.file.Release();
    }
  }
  return dwfl_standard_find_debuginfo(module, own, name, base, file, link, crc, found);
}

ModuleSymbols::ModuleSymbols(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ModuleSymbols::ModuleSymbols(ModuleSymbols&&) noexcept = default;
ModuleSymbols& ModuleSymbols::operator=(ModuleSymbols&&) noexcept = default;
ModuleSymbols::~ModuleSymbols() = default;

Result<ModuleSymbols> ModuleSymbols::Open(UniqueFd file, const std::string& path,
                                          const SymbolSearch& search) {
  auto impl = std::make_unique<Impl>();
  impl->callbacks.find_debuginfo =
      search.root != nullptr ? Impl::FindDebugFile : dwfl_standard_find_debuginfo;
  impl->debug_folders = search.debug_path;
  if (!search.debug_path.empty()) impl->debug_path = impl->debug_folders.data();
  impl->callbacks.debuginfo_path = &impl->debug_path;
  impl->dwfl = dwfl_begin(&impl->callbacks);
  if (impl->dwfl == nullptr) {
    return Error{ErrorCode::kIo, 0, Address{}, "libdwfl: " + std::string(dwfl_errmsg(-1))};
  }
  if (search.patience != nullptr) search.patience->Watch(impl->dwfl);
  dwfl_report_begin(impl->dwfl);
  // It takes the descriptor over where it succeeds.
  impl->module = dwfl_report_elf(impl->dwfl, path.c_str(), path.c_str(), file.get(), 0, true);
  if (impl->module == nullptr) {
    return Error{ErrorCode::kMalformed, 0, Address{}, path + ": " + std::string(dwfl_errmsg(-1))};
  }
  static_cast<void>(file.Release());
  dwfl_report_end(impl->dwfl, nullptr, nullptr);
  if (search.root != nullptr) {
    impl->foreign.emplace(*search.root, path, search.debug_path);
    void** own = nullptr;
    dwfl_module_info(impl->module, &own, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
    *own = impl.get();
  }
  impl->dwarf = dwfl_module_getdwarf(impl->module, &impl->bias);
  impl->symbols.emplace(impl->module);
  impl->plt.emplace(impl->module);
  return ModuleSymbols(std::move(impl));
}

SymbolSource ModuleSymbols::Source() const {
  SymbolSource source;
  const char* name = nullptr;
  const void* id = nullptr;
  const bool lacks_shared_part = impl_->dwarf != nullptr &&
                                 dwelf_dwarf_gnu_debugaltlink(impl_->dwarf, &name, &id) > 0 &&
                                 dwarf_getalt(impl_->dwarf) == nullptr;
  source.has_debug_information = impl_->dwarf != nullptr && !lacks_shared_part;
  source.symbols = impl_->symbols->count();
  return source;
}

std::vector<SourceFrame> ModuleSymbols::Name(FileAddress address) const {
  std::vector<SourceFrame> frames;
  if (impl_->dwarf != nullptr) {
    if (!impl_->functions) impl_->functions.emplace(impl_->dwarf);
    frames = impl_->functions->Find(address.value - impl_->bias, *impl_->symbols);
  }
  if (frames.empty()) frames.emplace_back();
  if (frames.back().function.empty()) {
    std::string& name = frames.back().function;
    name = Demangle(impl_->symbols->Find(address.value).c_str());
    if (name.empty()) {
      const std::string called = impl_->plt->Find(address.value, *impl_->symbols);
      if (!called.empty()) name = Demangle(called.c_str()) + "@plt";
      if (name.empty()) {
        if (!impl_->starts) impl_->starts.emplace(impl_->module);
        name = impl_->starts->NameOf(address.value);
      }
    }
  }
  return {frames.rbegin(), frames.rend()};
}

}  // namespace osprey
