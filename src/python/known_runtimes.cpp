#include "osprey/python/known_runtimes.h"

#include <algorithm>

namespace osprey {
namespace {

// Far more interpreters than one family of processes has.
constexpr std::size_t kMaxKnown = 64;

// Every address that a Runtime holds moves with its file.
Runtime MovedBy(const Runtime& runtime, std::uint64_t distance) {
  Runtime moved = runtime;
  moved.address = runtime.address + distance;
  if (!moved.current_thread.IsNull()) moved.current_thread = moved.current_thread + distance;
  return moved;
}

}  // namespace

Result<Runtime> KnownRuntimes::Find(const Target& target) {
  const auto map = target.ReadMap();
  if (!map) return map.error();
  const std::vector<Module> modules = Modules(*map);
  for (const Module& module : modules) {
    const Mapping& first = module.mappings.front();
    for (const Known& known : known_) {
      if (known.inode != first.inode || known.device != first.device || known.path != module.path) {
        continue;
      }
      return MovedBy(known.runtime, first.start.value - known.start.value);
    }
  }
  auto found = FindRuntime(target);
  if (!found) return found;
  const auto module = std::find_if(modules.begin(), modules.end(),
                                   [&](const Module& m) { return m.path == found->module; });
  if (module == modules.end()) return found;  // mapped since
  if (known_.size() == kMaxKnown) known_.erase(known_.begin());
  const Mapping& first = module->mappings.front();
  known_.push_back({module->path, first.device, first.inode, first.start, *found});
  return found;
}

}  // namespace osprey
