#include "osprey/native/symbolizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
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

std::vector<Group> GroupByModule(const std::vector<PlaceOfCode>& all) {
  std::map<ModuleId, std::vector<PlaceOfCode>> places;
  for (const PlaceOfCode& place : all) places[place.module].push_back(place);
  std::vector<Group> groups;
  for (auto& [module, in] : places) {
    std::sort(in.begin(), in.end(), [](const PlaceOfCode& a, const PlaceOfCode& b) {
      return a.address.value < b.address.value;
    });
    Group group{module, {}, {}, std::vector<std::vector<SourceFrame>>(in.size())};
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

// Where names of one module come from, once it was looked at.
struct Source {
  bool is_loaded = false;            // the cache was asked
  std::optional<CachedNames> known;  // what it had, if that is still the best there is
  bool is_opened = false;            // the file was tried
  std::optional<ModuleSymbols> symbols;
  std::map<std::uint64_t, std::vector<SourceFrame>> found;  // what is to be kept in the cache
};

// What all groups are named with.
class Namer {
 public:
  Namer(const NativeModules& modules, const NamingOptions& options)
      : modules_(modules),
        stop_(options.stop),
        patience_(options.stop),
        search_{options.debug_path, &patience_, nullptr},
        cache_(options.cache_directory),
        has_cache_(!options.cache_directory.empty()) {
    if (!options.asks_servers) patience_.GiveUp();
  }

  // By several threads at once, each with a group and a source of its own.
  void Name(Group& group, Source& source);
  // By several threads at once, each with a module of its own: keeps what was found.
  void Store(ModuleId module, const Source& source);
  // When all are done; as NativeNames::cache_error.
  std::string Finish();

 private:
  // Fills in the source's `symbols`; null when there are none.
  ModuleSymbols* Open(const Group& group, Source& source);
  void Load(const Group& group, Source& source);
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

ModuleSymbols* Namer::Open(const Group& group, Source& source) {
  if (!std::exchange(source.is_opened, true)) {
    if (auto file = modules_.Open(group.module)) {
      const NativeModule& module = modules_.module(group.module);
      SymbolSearch search = search_;
      search.root = module.root.get();
      if (auto symbols = ModuleSymbols::Open(std::move(*file), module.path, search)) {
        source.symbols.emplace(std::move(*symbols));
      }
    }
  }
  return source.symbols ? &*source.symbols : nullptr;
}

void Namer::Load(const Group& group, Source& source) {
  if (!has_cache_ || std::exchange(source.is_loaded, true)) return;
  const auto bytes = cache_.Load(modules_.module(group.module).build_id);
  if (!bytes) return;
  auto known = CachedNames::Parse(*bytes);
  if (!known) return;
  if (!known->source().has_debug_information) {
    // A debug file may have been installed since, or this may be a copy that was not stripped.
    const ModuleSymbols* symbols = Open(group, source);
    if (symbols != nullptr && symbols->Source() != known->source()) return;
  }
  source.known = std::move(known);
}

void Namer::Store(ModuleId module, const Source& source) {
  const std::string& build_id = modules_.module(module).build_id;
  if (!has_cache_ || build_id.empty() || source.found.empty()) return;
  const SymbolSource origin = source.symbols->Source();
  // While a server does not answer, what it may have is not known.
  if (patience_.HasGivenUp() && !origin.has_debug_information) return;
  const std::vector<CachedNames::Named> names(source.found.begin(), source.found.end());
  std::vector<CachedNames::Named> all;
  if (source.known) {
    const auto by_address = [](const auto& a, const auto& b) { return a.first < b.first; };
    const std::vector<CachedNames::Named> old = source.known->All();
    std::set_union(names.begin(), names.end(), old.begin(), old.end(), std::back_inserter(all),
                   by_address);
  }
  std::string bytes = CachedNames::Write(origin, source.known ? all : names);
  // Better the names of this run than none.
  if (bytes.size() > NameCache::kMaxFile) bytes = CachedNames::Write(origin, names);
  const auto stored = cache_.Store(build_id, bytes);
  const std::lock_guard lock(mutex_);
  has_stored_ = has_stored_ || stored;
  if (!stored && error_.empty()) error_ = stored.error().Message();
}

void Namer::Name(Group& group, Source& source) {
  if (IsStopped()) return;
  Load(group, source);
  std::size_t missing = group.addresses.size();
  for (std::size_t i = 0; source.known && i < group.addresses.size(); ++i) {
    group.names[i] = source.known->Find(group.addresses[i]);
    if (!group.names[i].empty()) --missing;
  }
  if (missing == 0) return;
  ModuleSymbols* symbols = Open(group, source);
  if (symbols == nullptr) return;
  for (std::size_t i = 0; i < group.addresses.size(); ++i) {
    if (IsStopped()) return;
    if (!group.names[i].empty()) continue;
    group.names[i] = symbols->Name(group.addresses[i]);
    if (has_cache_) source.found.emplace(group.addresses[i].value, group.names[i]);
  }
}

std::string Namer::Finish() {
  if (has_stored_) cache_.Trim();
  return error_;
}

NativeNames::Entry Complete(std::vector<SourceFrame> frames, FileAddress address,
                            const std::string& path) {
  if (frames.empty()) frames.emplace_back();
  NativeNames::Entry entry{std::move(frames), true, false};
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

struct Symbolizer::Impl {
  Impl(const NativeModules& of, const NamingOptions& options)
      : modules(of),
        threads(options.threads != 0 ? options.threads
                                     : std::max(1U, std::thread::hardware_concurrency())),
        namer(of, options) {}

  const NativeModules& modules;
  const std::size_t threads;
  Namer namer;
  std::map<ModuleId, Source> sources;
  std::size_t named = 0;  // of the places of `modules`
};

Symbolizer::Symbolizer(const NativeModules& modules, const NamingOptions& options)
    : impl_(std::make_unique<Impl>(modules, options)) {}

Symbolizer::~Symbolizer() = default;

void Symbolizer::NameNew(NativeNames& names) {
  const std::vector<PlaceOfCode> places = impl_->modules.places(impl_->named);
  if (places.empty()) return;
  impl_->named += places.size();
  std::vector<Group> groups = GroupByModule(places);
  std::vector<Source*> sources;
  sources.reserve(groups.size());
  for (const Group& group : groups) sources.push_back(&impl_->sources[group.module]);
  InParallel(groups.size(), impl_->threads,
             [&](std::size_t i) { impl_->namer.Name(groups[i], *sources[i]); });
  for (Group& group : groups) {
    const std::string& path = impl_->modules.module(group.module).path;
    const bool is_interpreter = impl_->modules.HoldsRuntime(group.module);
    for (std::size_t i = 0; i < group.frames.size(); ++i) {
      auto entry = Complete(std::move(group.names[i]), group.addresses[i], path);
      entry.is_interpreter = is_interpreter;
      names.Put(group.frames[i], std::move(entry));
    }
  }
}

std::string Symbolizer::Keep() {
  std::vector<ModuleId> modules;
  for (const auto& [module, source] : impl_->sources) modules.push_back(module);
  InParallel(modules.size(), impl_->threads,
             [&](std::size_t i) { impl_->namer.Store(modules[i], impl_->sources.at(modules[i])); });
  return impl_->namer.Finish();
}

NativeNames Symbolize(const NativeModules& modules, const NamingOptions& options) {
  NativeNames names;
  Symbolizer symbolizer(modules, options);
  symbolizer.NameNew(names);
  names.set_cache_error(symbolizer.Keep());
  return names;
}

}  // namespace osprey
