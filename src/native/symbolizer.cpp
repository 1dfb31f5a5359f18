#include "osprey/native/symbolizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "native/parallel.h"

namespace osprey {
namespace {

// The addresses of one module, sorted, and the names that were found for them.
struct Group {
  ModuleId module;
  std::vector<FileAddress> addresses;
  std::vector<FrameId> frames;                  // as `addresses`
  std::vector<std::vector<SourceFrame>> names;  // as `addresses`; empty: not found
};

std::vector<Group> GroupByModule(const NativeModules& modules) {
  std::vector<std::vector<CodePlace>> places(modules.count());
  for (const CodePlace& place : modules.places()) places[place.module.value].push_back(place);
  std::vector<Group> groups;
  for (std::vector<CodePlace>& in : places) {
    if (in.empty()) continue;
    std::sort(in.begin(), in.end(), [](const CodePlace& a, const CodePlace& b) {
      return a.address.value < b.address.value;
    });
    Group group{in.front().module, {}, {}, std::vector<std::vector<SourceFrame>>(in.size())};
    for (const CodePlace& place : in) {
      group.addresses.push_back(place.address);
      group.frames.push_back(place.frame);
    }
    groups.push_back(std::move(group));
  }
  // What takes longest is begun first.
  std::sort(groups.begin(), groups.end(),
            [](const Group& a, const Group& b) { return a.addresses.size() > b.addresses.size(); });
  return groups;
}

void NameGroup(Group& group, const NativeModules& modules, const NamingOptions& options) {
  auto file = modules.Open(group.module);
  if (!file) return;
  const auto symbols = ModuleSymbols::Open(std::move(*file), modules.module(group.module).path);
  if (!symbols) return;
  for (std::size_t i = 0; i < group.addresses.size(); ++i) {
    if (options.stop != nullptr && *options.stop) return;
    group.names[i] = symbols->Name(group.addresses[i]);
  }
}

NativeNames::Entry Complete(std::vector<SourceFrame> frames, FileAddress address,
                            const std::string& path) {
  if (frames.empty()) frames.emplace_back();
  NativeNames::Entry entry{std::move(frames), true};
  for (SourceFrame& frame : entry.frames) {
    if (frame.function.empty()) {
      frame.function = fmt::format("{:#x}", address.value);
      entry.is_resolved = false;
    }
    if (frame.file.empty()) {
      frame.file = path;
      frame.line = 0;
    }
  }
  return entry;
}

}  // namespace

void NativeNames::Put(FrameId frame, Entry entry) {
  if (!entry.is_resolved) ++unresolved_;
  entries_.insert_or_assign(frame.value, std::move(entry));
}

NativeNames Symbolize(const NativeModules& modules, const NamingOptions& options) {
  std::vector<Group> groups = GroupByModule(modules);
  const std::size_t threads =
      options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  InParallel(groups.size(), threads,
             [&](std::size_t i) { NameGroup(groups[i], modules, options); });
  NativeNames names;
  for (Group& group : groups) {
    const std::string& path = modules.module(group.module).path;
    for (std::size_t i = 0; i < group.frames.size(); ++i) {
      names.Put(group.frames[i], Complete(std::move(group.names[i]), group.addresses[i], path));
    }
  }
  return names;
}

}  // namespace osprey
