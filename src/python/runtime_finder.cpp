#include "osprey/python/runtime_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "python/debug_offsets.h"
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
  const auto version = FindVersion(target, c, anchor.runtime);
  if (!version) return version.error();
  const Layout* layout = FindLayout(*version);
  if (layout == nullptr) {
    return Error{ErrorCode::kUnsupported, 0, Address{},
                 fmt::format("process {} runs Python {}, and Osprey knows {}", target.pid(),
                             version->ToString(), SupportedVersions())};
  }
  Runtime runtime{anchor.runtime, *version,        *layout,
                  c.module->path, anchor.found_by, anchor.current_thread};
  if (layout->debug_offsets.interpreter_frame != 0) {
    if (auto applied = ApplyDebugOffsets(target.memory(), anchor.runtime, runtime.layout);
        !applied) {
      return applied.error();
    }
  }
  return runtime;
}

}  // namespace

Result<Runtime> FindRuntime(const Target& target) {
  const auto map = target.ReadMap();
  if (!map) return map.error();
  const std::vector<Module> modules = Modules(*map);
  std::vector<Candidate> pythons;  // files that look like an interpreter but show no anchor
  std::optional<Error> unsupported;
  for (const Module* module : InOrder(modules)) {
    auto file = target.OpenModule(*module);
    if (!file) continue;
    const auto bias = LoadBias(*module, *file);
    if (!bias) continue;
    Candidate candidate{module, std::move(*file), *bias};
    if (const auto anchor = FindRuntimeAnchor(candidate.file, *bias)) {
      auto runtime = Describe(target, candidate, *anchor);
      if (runtime) return runtime;
      unsupported = runtime.error();
    } else if (VersionOfFileName(module->path)) {
      pythons.push_back(std::move(candidate));
    }
  }
  for (const Candidate& c : pythons) {
    const auto version = FindVersion(target, c, Address{});
    if (!version) continue;
    const Layout* layout = FindLayout(*version);
    if (layout == nullptr) {
      unsupported = Describe(target, c, {Address{}, Address{}, "scan"}).error();
      continue;
    }
    for (const ElfSegment& segment : c.file.segments()) {
      if (!segment.writable) continue;
      const Address start(segment.address.value + c.load_bias);
      const auto found = ScanForRuntime(target.memory(), *layout, start, segment.memory_size);
      if (found) return Describe(target, c, {*found, Address{}, "scan"});
    }
  }
  if (unsupported) return *unsupported;
  return Error{ErrorCode::kNotFound, 0, Address{}, "no Python in this process"};
}

}  // namespace osprey
