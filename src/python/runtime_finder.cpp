#include "osprey/python/runtime_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "python/debug_offsets.h"
#include "python/other_pythons.h"
#include "python/runtime_anchor.h"
#include "python/runtime_scan.h"

namespace osprey {
namespace {

// Writable data is copied in one piece to look for the version's text; no interpreter has more.
constexpr std::uint64_t kMaxData = 16U << 20U;

struct Candidate {
  const Module* module;
  ElfFile file;
  std::uint64_t load_bias;
};

// Names that promise an interpreter come first: a process may map hundreds of files.
std::vector<const Module*> InOrder(const std::vector<Module>& modules) {
  std::vector<const Module*> order;
  for (const Module& m : modules) {
    if (m.path.starts_with('/')) order.push_back(&m);
  }
  const auto rank = [&](const Module* m) {
    if (m->path.find("libpython") != std::string::npos) return 0;
    return m->path.substr(m->path.rfind('/') + 1).starts_with("python") ? 1 : 2;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](const Module* a, const Module* b) { return rank(a) < rank(b); });
  return order;
}

std::string CopyData(const Memory& memory, Address start, std::uint64_t size) {
  std::string bytes(std::min(size, kMaxData), '\0');
  if (!memory.Read(start, std::as_writable_bytes(std::span(bytes)))) bytes.clear();
  return bytes;
}

Result<Version> FindVersion(const Target& target, const Candidate& c, Address runtime) {
  const Memory& memory = target.memory();
  if (auto version = ReadDebugVersion(memory, runtime)) return version;
  if (const auto symbol = c.file.FindSymbol("Py_Version")) {  // 3.11 and later
    const auto hex = memory.ReadAs<std::uint32_t>(Address(symbol->address.value + c.load_bias));
    if (hex && *hex >> 24U == 3) {
      return Version{3, static_cast<int>(*hex >> 16U & 0xFF), static_cast<int>(*hex >> 8U & 0xFF)};
    }
  }
  for (const ElfSegment& segment : c.file.segments()) {
    if (!segment.writable) continue;
    const std::string data =
        CopyData(memory, Address(segment.address.value + c.load_bias), segment.memory_size);
    if (auto version = FindVersionText(data)) return version;
  }
  auto named = VersionOfFileName(c.module->path);
  if (!named) return named.error();
  for (const ElfSegment& segment : c.file.segments()) {
    if (segment.writable) continue;
    const auto constants = CopyData(memory, Address(segment.address.value + c.load_bias),
                                    std::min(segment.file_size, segment.memory_size));
    if (auto version = FindVersionLiteral(constants, *named)) return version;
  }
  return named;
}

Result<Runtime> Describe(const Target& target, const Candidate& c, const RuntimeAnchor& anchor) {
  const Memory& memory = target.memory();
  auto version = FindVersion(target, c, anchor.runtime);
  if (!version) return version.error();
  version->free_threaded = ReadDebugFreeThreaded(memory, anchor.runtime).value_or(false);
  const Layout* layout = FindLayout(*version);
  // A version after the table's last row says itself where most is: that is tried, never trusted.
  const bool known = layout != nullptr;
  if (!known && ReadDebugVersion(memory, anchor.runtime)) layout = NewestLayout(*version);
  const auto unsupported = [&](std::string_view why) {
    return Error{ErrorCode::kUnsupported, 0, Address{},
                 fmt::format("process {} runs Python {}, and Osprey knows {}{}", target.pid(),
                             version->ToString(), SupportedVersions(), why)};
  };
  if (layout == nullptr) return unsupported("");
  Runtime runtime{anchor.runtime,        *version, *layout, c.module->path, anchor.found_by,
                  anchor.current_thread, known};
  if (layout->debug_offsets.interpreter_frame != 0) {
    auto applied = ApplyDebugOffsets(memory, anchor.runtime, runtime.layout);
    if (!applied && !known) return unsupported("; its own debug offsets are of no use");
    if (!applied) return applied.error();
  }
  return runtime;
}

// What looks like a runtime in the file's writable data: by the cookie of its debug offsets, or by
// how it hangs together. The file must have said its version by then.
Result<Runtime> ScanData(const Target& target, const Candidate& c) {
  for (const ElfSegment& segment : c.file.segments()) {
    if (!segment.writable) continue;
    const Address start(segment.address.value + c.load_bias);
    const auto found = ScanForDebugOffsets(target.memory(), start, segment.memory_size);
    if (!found) continue;
    if (auto runtime = Describe(target, c, {*found, Address{}, "scan"})) return runtime;
  }
  const auto version = FindVersion(target, c, Address{});
  if (!version) return version.error();
  const Layout* layout = FindLayout(*version);
  if (layout == nullptr) return Describe(target, c, {Address{}, Address{}, "scan"});
  for (const ElfSegment& segment : c.file.segments()) {
    if (!segment.writable) continue;
    const Address start(segment.address.value + c.load_bias);
    const auto found = ScanForRuntime(target.memory(), *layout, start, segment.memory_size);
    if (found) return Describe(target, c, {*found, Address{}, "scan"});
  }
  return Error{ErrorCode::kNotFound, 0, Address{}, "no runtime in its data"};
}

std::optional<Candidate> OpenCandidate(const Target& target, const Module& module) {
  auto file = target.OpenModule(module);
  if (!file) return std::nullopt;
  const auto bias = LoadBias(module, *file);
  if (!bias) return std::nullopt;
  return Candidate{&module, std::move(*file), *bias};
}

}  // namespace

Result<Runtime> FindRuntime(const Target& target) {
  const auto map = target.ReadMap();
  if (!map) return map.error();
  const std::vector<Module> modules = Modules(*map);
  std::optional<Error> unsupported;
  const auto note = [&unsupported](const Error& error) {
    if (error.code == ErrorCode::kUnsupported) unsupported = error;
  };
  std::vector<const Module*> pythons;  // files that look like an interpreter but show no anchor
  std::vector<const Module*> others;   // into which one may be linked
  for (const Module* module : InOrder(modules)) {
    const auto candidate = OpenCandidate(target, *module);
    if (!candidate) continue;
    if (const auto anchor = FindRuntimeAnchor(candidate->file, candidate->load_bias)) {
      auto runtime = Describe(target, *candidate, *anchor);
      if (runtime) return runtime;
      unsupported = runtime.error();
    } else {
      (VersionOfFileName(module->path) ? pythons : others).push_back(module);
    }
  }
  if (!unsupported) {
    if (const auto name = OtherPython(modules, target.Title()); !name.empty()) {
      return Error{ErrorCode::kUnsupported, 0, Address{},
                   fmt::format("process {} runs {}, and Osprey knows CPython alone ({})",
                               target.pid(), name, SupportedVersions())};
    }
    pythons.insert(pythons.end(), others.begin(), others.end());
  }
  for (const Module* module : pythons) {
    const auto candidate = OpenCandidate(target, *module);
    if (!candidate) continue;
    auto runtime = ScanData(target, *candidate);
    if (runtime) return runtime;
    note(runtime.error());
  }
  if (unsupported) return *unsupported;
  return Error{ErrorCode::kNotFound, 0, Address{}, "no Python in this process"};
}

}  // namespace osprey
