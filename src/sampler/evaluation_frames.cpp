#include "osprey/sampler/evaluation_frames.h"

#include <algorithm>
#include <string_view>

#include "osprey/native/split_function.h"

namespace osprey {
namespace {

// Functions of this prefix run one instruction each in builds that chain them by tail calls
// (Python/ceval_macros.h, TARGET).
constexpr std::string_view kHandlerPrefix = "_TAIL_CALL_";

bool Contains(const std::vector<CodeRange>& ranges, Address address) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [address](const CodeRange& r) { return r.Contains(address); });
}

std::vector<CodeRange> Loaded(const std::vector<ElfSymbol>& symbols, std::uint64_t load_bias) {
  std::vector<CodeRange> ranges;
  for (const ElfSymbol& symbol : symbols) {
    const Address start(symbol.address.value + load_bias);
    if (symbol.size != 0) ranges.push_back({start, start + symbol.size});
  }
  return ranges;
}

}  // namespace

Result<EvaluationFrames> EvaluationFrames::Find(const Target& target, const Runtime& runtime,
                                                const UnwindTables& tables) {
  const auto map = target.ReadMap();
  if (!map) return map.error();
  const std::vector<Module> modules = Modules(*map);
  const auto module = std::find_if(modules.begin(), modules.end(),
                                   [&](const Module& m) { return m.path == runtime.module; });
  if (module == modules.end()) {
    return Error{ErrorCode::kNotFound, 0, Address{}, runtime.module + " is not mapped any more"};
  }
  const auto file = target.OpenModule(*module);
  if (!file) return file.error();
  const auto load_bias = LoadBias(*module, *file);
  if (!load_bias) return load_bias.error();

  EvaluationFrames found;
  for (const Mapping& mapping : module->mappings) {
    if (mapping.executable) found.module_.push_back({mapping.start, mapping.end});
  }
  const std::string_view name = runtime.layout.evaluation_function;
  found.evaluation_ = Loaded(file->FindFunctions([name](std::string_view symbol) {
    return symbol.starts_with(name) && (symbol.size() == name.size() || symbol[name.size()] == '.');
  }),
                             *load_bias);
  if (found.evaluation_.empty()) {
    return Error{ErrorCode::kNotFound, 0, Address{},
                 "no symbol says where the evaluation function of " + runtime.module + " is"};
  }
  found.handlers_ = Loaded(file->FindFunctions([](std::string_view symbol) {
    return symbol.starts_with(kHandlerPrefix);
  }),
                           *load_bias);
  std::sort(found.handlers_.begin(), found.handlers_.end(),
            [](const CodeRange& a, const CodeRange& b) { return a.start < b.start; });
  if (found.evaluation_.size() > 1) return found;  // the symbols have all
  const CodeRange function = found.evaluation_.front();
  const UnwindTables::Code* code = tables.Find(function.start);
  if (code == nullptr || !code->table) return found;
  if (const auto parts = FindSplitParts(target.memory(), *code->table, function)) {
    found.evaluation_.insert(found.evaluation_.end(), parts->begin(), parts->end());
  }
  return found;
}

NativeRole EvaluationFrames::RoleOf(Address address) const {
  if (!Contains(module_, address)) return NativeRole::kForeign;
  if (Contains(evaluation_, address)) return NativeRole::kEvaluation;
  const auto after =
      std::upper_bound(handlers_.begin(), handlers_.end(), address,
                       [](Address a, const CodeRange& handler) { return a < handler.start; });
  const bool is_handler = after != handlers_.begin() && (after - 1)->Contains(address);
  return is_handler ? NativeRole::kHandler : NativeRole::kInterpreter;
}

void EvaluationFrames::RolesOf(const std::vector<NativeFrame>& frames,
                               std::vector<NativeRole>& roles) const {
  roles.clear();
  for (const NativeFrame& frame : frames) roles.push_back(RoleOf(frame.LookupAddress()));
}

}  // namespace osprey
