// The files whose code was seen in a run, and which frame stands for which of their addresses.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "osprey/base/result.h"
#include "osprey/base/unique_fd.h"
#include "osprey/target/elf_file.h"
#include "osprey/target/target_root.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

// A row of NativeModules.
struct ModuleId {
  std::uint32_t value = 0;
  constexpr auto operator<=>(const ModuleId&) const = default;
};

struct NativeModule {
  std::string path;          // as the target has it mapped; "[vdso]", "[anonymous]" and the like
  std::string build_id;      // in hexadecimal; empty where it has none or is no ELF file
  std::uint64_t device = 0;  // as makedev(3) packs it
  std::uint64_t inode = 0;   // 0: no file
  UniqueFd file;             // open for reading; none: NativeModules::Open looks for it by its path
  std::shared_ptr<const TargetRoot> root = {};  // Target::ForeignRoot of the process that has it
};

// The address of code that a frame stands for. Code without a file counts as the process does.
struct PlaceOfCode {
  FrameId frame;
  ModuleId module;
  FileAddress address;
};

// Filled while samples are taken, by all processes of a run, into their one StackTable. One thread
// adds to it; others may ask meanwhile, and never keep that one waiting for longer than a copy
// takes.
class NativeModules {
 public:
  // Of 1024 descriptors that a process may have by default (getrlimit(2)), those of a family's
  // memories and of outputs need room too, and hardly any program runs code of more files.
  static constexpr std::size_t kMaxOpen = 256;

  // `stacks` must outlive this.
  explicit NativeModules(StackTable& stacks) : stacks_(&stacks) {}

  // The module of the same path and build ID, or device and inode where there is no build ID;
  // `module` itself where none is known yet. Its descriptor and its root are kept while there are
  // fewer than kMaxOpen, so that code can be named when its process and its file are gone.
  ModuleId Add(NativeModule module);

  // The frame of code that has no better name yet: the address in hexadecimal ("0x1a2b") as
  // function and the path as file. Modules of one path that are not the same file (a library that
  // was replaced) have frames of their own: the later ones' file is "PATH (2)" and so on.
  FrameId Frame(ModuleId module, FileAddress address);

  // The file at `path` holds a Python runtime.
  void AddRuntime(const std::string& path);
  bool HoldsRuntime(ModuleId id) const;

  // The reference lives as long as this.
  const NativeModule& module(ModuleId id) const;
  // What Frame has given, each once, in the order of its first time, from number `begin` on.
  std::vector<PlaceOfCode> places(std::size_t begin = 0) const;

  // The module's file, open for reading. Where the descriptor was not kept, what lies at its path
  // now, if that is the same by build ID, or by device and inode. kNotFound when there is none.
  Result<UniqueFd> Open(ModuleId id) const;

 private:
  struct Row {
    NativeModule module;
    StringId label;
  };
  struct Place {
    ModuleId module;
    std::uint64_t address = 0;
    bool operator==(const Place&) const = default;
  };
  struct PlaceHash {
    std::size_t operator()(const Place& place) const;
  };
  // Device and inode are 0 where there is a build ID.
  using Key = std::tuple<std::string, std::string, std::uint64_t, std::uint64_t>;

  StackTable* stacks_;
  mutable std::mutex mutex_;  // rows_, places_ and runtimes_
  std::deque<Row> rows_;      // never moves its elements, and none is changed
  std::map<Key, ModuleId> ids_;
  std::map<std::string, unsigned> paths_;  // how many modules have it
  std::unordered_map<Place, FrameId, PlaceHash> frames_;
  std::vector<PlaceOfCode> places_;
  std::set<std::string> runtimes_;
  std::size_t open_ = 0;
};

}  // namespace osprey
