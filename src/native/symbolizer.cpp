#include "osprey/native/symbolizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include "native/cached_names.h"
#include "native/debuginfod_patience.h"
#include "native/parallel.h"
#include "osprey/native/name_cache.h"

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
  std::vector<std::vector<PlaceOfCode>> places(modules.count());
  for (const PlaceOfCode& place : modules.places()) places[place.module.value].push_back(place);
  std::vector<Group> groups;
  for (std::vector<PlaceOfCode>& in : places) {
    if (in.empty()) continue;
    std::sort(in.begin(), in.end(), [](const PlaceOfCode& a, const PlaceOfCode& b) {
      return a.address.value < b.address.value;
    });
    Group group{in.front().module, {}, {}, std::vector<std::vector<SourceFrame>>(in.size())};
    for (const PlaceOfCode& place : in) {
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

// What all groups are named with.
class Namer {
 public:
  Namer(const NativeModules& modules, const NamingOptions& options)
      : modules_(modules),
        stop_(options.stop),
        patience_(options.stop),
        search_{options.debug_path, &patience_},
        cache_(options.cache_directory),
        has_cache_(!options.cache_directory.empty()) {}

  // By several threads at once, each with a group of its own.
  void Name(Group& group);
  // When all are done.
  std::string Finish();

 private:
  std::optional<ModuleSymbols> Open(const Group& group);
  // What the cache knows, if the names that it has are still the best there are. What had to be
  // opened for that is left in `symbols`.
  std::optional<CachedNames> Load(const Group& group, std::optional<ModuleSymbols>& symbols);
  void Store(const Group& group, const std::optional<CachedNames>& known,
             const ModuleSymbols& symbols);
  bool IsStopped() const { return stop_ != nullptr && *stop_; }

  const NativeModules& modules_;
  const std::atomic<bool>* stop_;
  DebuginfodPatience patience_;
  SymbolSearch search_;
  NameCache cache_;
  bool has_cache_;
  std::mutex mutex_;
  bool has_stored_ = false;  // this and the next: under mutex_
  std::string error_;
};

std::optional<ModuleSymbols> Namer::Open(const Group& group) {
  auto file = modules_.Open(group.module);
  if (!file) return std::nullopt;
  const std::string& path = modules_.module(group.module).path;
  auto symbols = ModuleSymbols::Open(std::move(*file), path, search_);
  if (!symbols) return std::nullopt;
  return std::move(*symbols);
}

std::optional<CachedNames> Namer::Load(const Group& group, std::optional<ModuleSymbols>& symbols) {
  if (!has_cache_) return std::nullopt;
  const auto bytes = cache_.Load(modules_.module(group.module).build_id);
  if (!bytes) return std::nullopt;
  auto known = CachedNames::Parse(*bytes);
  if (!known || known->source().has_debug_information) return known;
  // A debug file may have been installed since, or this may be a copy that was not stripped.
  symbols = Open(group);
  if (symbols && symbols->Source() != known->source()) return std::nullopt;
  return known;
}

void Namer::Store(const Group& group, const std::optional<CachedNames>& known,
                  const ModuleSymbols& symbols) {
  const std::string& build_id = modules_.module(group.module).build_id;
  if (!has_cache_ || build_id.empty()) return;
  std::vector<CachedNames::Named> names;
  for (std::size_t i = 0; i < group.addresses.size(); ++i) {
    names.emplace_back(group.addresses[i].value, group.names[i]);
  }
  const auto by_address = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::vector<CachedNames::Named> all;
  if (known) {
    const std::vector<CachedNames::Named> old = known->All();
    std::set_union(names.begin(), names.end(), old.begin(), old.end(), std::back_inserter(all),
                   by_address);
  }
  std::string bytes = CachedNames::Write(symbols.Source(), known ? all : names);
  // Better the names of this run than none.
  if (bytes.size() > NameCache::kMaxFile) bytes = CachedNames::Write(symbols.Source(), names);
  const auto stored = cache_.Store(build_id, bytes);
  const std::lock_guard lock(mutex_);
  has_stored_ = has_stored_ || stored;
  if (!stored && error_.empty()) error_ = stored.error().Message();
}

void Namer::Name(Group& group) {
  if (IsStopped()) return;
  std::optional<ModuleSymbols> symbols;
  const std::optional<CachedNames> known = Load(group, symbols);
  std::size_t missing = group.addresses.size();
  for (std::size_t i = 0; known && i < group.addresses.size(); ++i) {
    group.names[i] = known->Find(group.addresses[i]);
    if (!group.names[i].empty()) --missing;
  }
  if (missing == 0) return;
  if (!symbols) symbols = Open(group);
  if (!symbols) return;
  for (std::size_t i = 0; i < group.addresses.size(); ++i) {
    if (IsStopped()) return;
    if (group.names[i].empty()) group.names[i] = symbols->Name(group.addresses[i]);
  }
  // While a server does not answer, what it may have is not known.
  if (!patience_.HasGivenUp() || symbols->Source().has_debug_information) {
    Store(group, known, *symbols);
  }
}

std::string Namer::Finish() {
  if (has_stored_) cache_.Trim();
  return error_;
}

NativeNames::Entry Complete(std::vector<SourceFrame> frames, FileAddress address,
                            const std::string& path) {
  if (frames.empty()) frames.emplace_back();
  NativeNames::Entry entry{std::move(frames), true};
  for (SourceFrame& frame : entry.frames) {
    if (frame.function.empty()) frame.function = fmt::format("{:#x}", address.value);
    if (frame.function.starts_with("0x")) entry.is_resolved = false;
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
  Namer namer(modules, options);
  InParallel(groups.size(), threads, [&](std::size_t i) { namer.Name(groups[i]); });
  NativeNames names;
  names.set_cache_error(namer.Finish());
  for (Group& group : groups) {
    const std::string& path = modules.module(group.module).path;
    for (std::size_t i = 0; i < group.frames.size(); ++i) {
      names.Put(group.frames[i], Complete(std::move(group.names[i]), group.addresses[i], path));
    }
  }
  return names;
}

}  // namespace osprey
