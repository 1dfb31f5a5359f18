// Names all native code that was seen in a run: each address once, in parallel.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "osprey/native/module_symbols.h"
#include "osprey/native/native_modules.h"

namespace osprey {

// What frames of NativeModules are really called.
class NativeNames {
 public:
  struct Entry {
    // The function first, then what was inlined into it; never empty. Where the source is not known
    // `file` is the module's path and `line` 0, where there is no symbol `function` is where it
    // begins, "0x1a2b".
    std::vector<SourceFrame> frames;
    bool is_resolved = false;     // there is a symbol
    bool is_interpreter = false;  // of a file that holds a Python runtime
  };

  // Null for what is no native frame.
  const Entry* Find(FrameId frame) const {
    const auto found = entries_.find(frame.value);
    return found != entries_.end() ? &found->second : nullptr;
  }
  std::size_t count() const { return entries_.size(); }
  // How many have no symbol.
  std::size_t unresolved() const { return unresolved_; }

  void Put(FrameId frame, Entry entry);

  // Why the cache could not be written, the first time; empty: it could, or there was no need.
  const std::string& cache_error() const { return cache_error_; }
  void set_cache_error(std::string error) { cache_error_ = std::move(error); }

 private:
  std::unordered_map<std::uint32_t, Entry> entries_;
  std::size_t unresolved_ = 0;
  std::string cache_error_;
};

struct NamingOptions {
  // Where names are kept between runs (NameCache::DefaultDirectory); empty: nowhere.
  std::string cache_directory = {};
  std::string debug_path = {};  // as in SymbolSearch
  unsigned threads = 0;         // 0: as many as there are processors
  // Where set, naming ends as soon as this is true; what has no name by then is unresolved.
  const std::atomic<bool>* stop = nullptr;
  // Whether servers of debug files are asked (DEBUGINFOD_URLS), which may take long. What is not
  // known because of that is not kept in the cache.
  bool asks_servers = true;
};

// Names what a run sees while it goes on: files that were opened for names stay open.
class Symbolizer {
 public:
  // `modules` must outlive this.
  Symbolizer(const NativeModules& modules, const NamingOptions& options);
  ~Symbolizer();
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;

  // Adds the names of all that `modules` has seen since the last call. A module whose file cannot
  // be read is unresolved.
  void NameNew(NativeNames& names);
  // Keeps in the cache what was found until now, once, at the end. Why that failed, the first time;
  // empty: it did not, or there was no need.
  std::string Keep();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Names everything that `modules` has seen.
NativeNames Symbolize(const NativeModules& modules, const NamingOptions& options);

}  // namespace osprey
